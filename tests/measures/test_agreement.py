"""Agreement: published values, exact intervals, and the laws of kappa."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from longcon.errors import BuildError
from longcon.measures import (
    INCONCLUSIVE,
    fleiss_kappa,
    negative_agreement,
    positive_agreement,
    reported_calls,
    share,
)

# Fleiss 1971, "Measuring nominal scale agreement among many raters", in the form of the encyclopedias: 10 subjects,
# 14 raters, 5 categories, kappa 0.210.
FLEISS = [
    [0, 0, 0, 0, 14],
    [0, 2, 6, 4, 2],
    [0, 0, 3, 5, 6],
    [0, 3, 9, 2, 0],
    [2, 2, 8, 1, 1],
    [7, 7, 0, 0, 0],
    [3, 2, 6, 3, 0],
    [2, 5, 3, 2, 2],
    [6, 5, 2, 1, 0],
    [0, 2, 2, 3, 7],
]


def _ratings(counts: list[list[int]]) -> list[NDArray[np.int64]]:
    by_subject = np.array([np.repeat(np.arange(len(row)), row) for row in counts])
    return [by_subject[:, rater].astype(np.int64) for rater in range(by_subject.shape[1])]


def test_the_published_example() -> None:
    kappa = fleiss_kappa(_ratings(FLEISS))
    assert kappa is not None
    assert round(kappa, 3) == 0.210


def test_builds_that_all_say_one_thing_tell_nothing_beyond_chance() -> None:
    same = np.zeros(5, dtype=np.int64)
    assert fleiss_kappa([same, same]) is None


@given(st.lists(st.integers(0, 3), min_size=2, max_size=30), st.integers(2, 5))
def test_equal_ratings_are_perfect(ratings: list[int], raters: int) -> None:
    one = np.array(ratings, dtype=np.int64)
    kappa = fleiss_kappa([one] * raters)
    assert kappa == (None if len(set(ratings)) == 1 else pytest.approx(1.0))


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=30))
def test_kappa_is_at_most_one_and_knows_no_order(pairs: list[tuple[int, int]]) -> None:
    first, second = (np.array(column, dtype=np.int64) for column in zip(*pairs, strict=True))
    kappa = fleiss_kappa([first, second])
    assert kappa == fleiss_kappa([second, first])
    assert kappa is None or -1 <= kappa <= 1 + 1e-12


@pytest.mark.parametrize("lengths", [(3,), (3, 4), (0, 0)])
def test_what_cannot_be_compared_is_refused(lengths: tuple[int, ...]) -> None:
    with pytest.raises(BuildError) as error:
        fleiss_kappa([np.zeros(length, dtype=np.int64) for length in lengths])
    assert str(error.value) == (
        f"Fleiss' kappa compares builds on the same cases, but got ratings of {list(lengths)}: "
        "give at least two builds and one case."
    )


def test_agreement_by_class() -> None:
    reference = np.array([2, 2, 2, 0, 1, INCONCLUSIVE])
    other = np.array([2, 2, 0, 2, 1, INCONCLUSIVE])
    positive, negative = positive_agreement(reference, other, 2), negative_agreement(reference, other, 2)
    assert (positive.agreed, positive.of, negative.agreed, negative.of) == (2, 3, 2, 3)
    assert positive.rate == pytest.approx(2 / 3)


def test_a_share_has_its_exact_interval() -> None:
    found = share(325, 339)
    assert (round(1 - found.high, 4), round(1 - found.low, 4)) == (0.0228, 0.0683)
    assert share(0, 0).rate is None
    assert (share(0, 0).low, share(0, 0).high) == (0.0, 1.0)


def test_an_inconclusive_case_is_no_call() -> None:
    reported = reported_calls(np.array([0, 1, 2]), np.array([True, False, True]))
    assert reported.tolist() == [0, INCONCLUSIVE, 2]
