"""The cut-off: the paper's recalls by hand, the law that defines it against brute force, and every refusal."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from longcon.errors import CutoffError, ProtocolError
from longcon.measures import AppliedCutoff, OperatingPoint, find_cutoff, operating_point

# Few distinct scores make ties; neighbours in float64 make thresholds that must not be merged.
SCORES = st.sampled_from([0.0, 0.25, 0.3, float(np.nextafter(0.3, 1.0)), 0.5, 1.0]) | st.floats(0.0, 1.0)
CASES = st.lists(st.tuples(SCORES, st.booleans()), min_size=2, max_size=30)


def holdout(cases: list[tuple[float, bool]]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    return np.array([score for score, _ in cases]), np.array([target for _, target in cases])


def brute_force(scores: NDArray[np.float64], is_target: NDArray[np.bool_]) -> int:
    """Returns the most target cases that any cut-off reaches without any other case."""
    return max(int((is_target & (scores >= tau)).sum()) * (not (~is_target & (scores >= tau)).any()) for tau in scores)


@pytest.mark.parametrize(
    ("missed", "tau", "recall"), [([0.1, 0.2], 0.3, 0.875), ([0.1, 0.2, 0.28], 0.3, 0.8125)], ids=["14/16", "13/16"]
)
def test_recalls_of_the_paper(missed: list[float], tau: float, recall: float) -> None:
    targets = [*missed, *np.linspace(tau, 0.99, 16 - len(missed))]
    others = [*np.linspace(0.0, 0.25, 47), 0.29]
    cutoff = find_cutoff(np.array(targets + others), np.arange(64) < 16)
    assert (cutoff.tau, cutoff.recall, cutoff.precision) == (tau, recall, 1.0)
    assert (cutoff.true_positives, cutoff.targets) == (16 - len(missed), 16)


def test_table_by_hand() -> None:
    cutoff = find_cutoff(np.array([0.9, 0.6, 0.6, 0.2]), np.array([True, True, False, False]))
    assert cutoff.tau == 0.9
    assert cutoff.table == (
        OperatingPoint(0.9, 1.0, 0.5),
        OperatingPoint(0.6, 2 / 3, 1.0),
        OperatingPoint(0.2, 0.5, 1.0),
    )


@given(CASES)
def test_perfect_precision_and_no_cutoff_with_more_recall(cases: list[tuple[float, bool]]) -> None:
    scores, is_target = holdout(cases)
    assume(is_target.any() and not is_target.all())
    best = brute_force(scores, is_target)
    if best == 0:
        with pytest.raises(CutoffError, match="No cut-off has precision 1"):
            find_cutoff(scores, is_target)
        return
    cutoff = find_cutoff(scores, is_target)
    assert cutoff.precision == 1.0
    assert cutoff.tau > scores[~is_target].max()
    assert cutoff.tau in scores[is_target]
    assert cutoff.true_positives == best
    assert cutoff.recall == best / int(is_target.sum())
    assert operating_point(scores, is_target, cutoff.tau).false_positives == 0


@given(CASES, st.integers(0, 2**32 - 1))
def test_order_of_cases_does_not_matter(cases: list[tuple[float, bool]], seed: int) -> None:
    scores, is_target = holdout(cases)
    assume(is_target.any() and not is_target.all() and brute_force(scores, is_target))
    order = np.random.default_rng(seed).permutation(len(cases))
    assert find_cutoff(scores[order], is_target[order]) == find_cutoff(scores, is_target)


@given(CASES)
def test_table_is_what_its_thresholds_do(cases: list[tuple[float, bool]]) -> None:
    scores, is_target = holdout(cases)
    assume(is_target.any() and not is_target.all() and brute_force(scores, is_target))
    table = find_cutoff(scores, is_target).table
    assert [point.threshold for point in table] == sorted(set(scores), reverse=True)
    for point in table:
        if point.threshold > 0.0:
            applied = operating_point(scores, is_target, point.threshold)
            assert (applied.precision, applied.recall) == (point.precision, point.recall)


def test_carried_tau_by_hand() -> None:
    scores = np.array([0.9, 0.3, 0.29, 0.5, 0.1])
    is_target = np.array([True, True, True, False, False])
    assert operating_point(scores, is_target, 0.3) == AppliedCutoff(0.3, 2 / 3, 2 / 3, 2, 1, 3)
    assert operating_point(scores, is_target, 0.95) == AppliedCutoff(0.95, None, 0.0, 0, 0, 3)


def test_float32_score_below_a_carried_tau_stays_below() -> None:
    scores = np.array([0.7, 0.0], dtype=np.float32)
    assert float(scores[0]) < 0.7
    assert operating_point(scores, np.array([True, False]), 0.7).true_positives == 0


def test_no_cutoff_shows_the_operating_points() -> None:
    with pytest.raises(CutoffError) as caught:
        find_cutoff(np.array([0.4, 0.9, 0.9]), np.array([True, False, True]))
    assert str(caught.value) == (
        "No cut-off has precision 1 on the hold-out, since case 1, not of the target class, has the highest target "
        "score, 0.9: check its label, or train a better build; threshold, precision and recall were\n"
        "0.9 0.5000 0.5000\n0.4 0.6667 1.0000"
    )


def test_no_cutoff_shows_the_first_rows_of_a_long_table() -> None:
    scores = np.linspace(0.0, 1.0, 2001)
    with pytest.raises(CutoffError) as caught:
        find_cutoff(scores, scores < 0.5)
    lines = str(caught.value).splitlines()
    assert lines[1:3] == ["1 0.0000 0.0000", "0.9995 0.0000 0.0000"]
    assert lines[11:] == ["and 1,991 lower thresholds"]


BOTH = np.array([True, False])


@pytest.mark.parametrize(
    ("scores", "is_target", "text"),
    [
        (
            np.array([0.5, 0.6]),
            np.array([False, False]),
            "The hold-out has 0 target and 2 other cases: give it both, since precision and recall need them.",
        ),
        (
            np.array([0.5, 0.6]),
            np.array([True, True]),
            "The hold-out has 2 target and 0 other cases: give it both, since precision and recall need them.",
        ),
        (
            np.zeros(0),
            np.zeros(0, dtype=np.bool_),
            "The hold-out has 0 target and 0 other cases: give it both, since precision and recall need them.",
        ),
        (
            np.array([0.5, math.nan]),
            BOTH,
            "The hold-out's target score is nan at case 1: "
            "let the classifier return scores between 0 and 1, such as a softmax.",
        ),
        (
            np.array([math.inf, 0.5]),
            BOTH,
            "The hold-out's target score is inf at case 0: "
            "let the classifier return scores between 0 and 1, such as a softmax.",
        ),
        (
            np.array([0.5, -2.0]),
            BOTH,
            "The hold-out's target score is -2.0 at case 1: "
            "let the classifier return scores between 0 and 1, such as a softmax.",
        ),
        (
            np.array([0.5]),
            BOTH,
            "The hold-out has scores of shape (1,) and labels of shape (2,) and dtype bool: "
            "give one target score and one boolean per case.",
        ),
        (
            np.array([0.5, 0.6]),
            np.array([1, 0]),
            "The hold-out has scores of shape (2,) and labels of shape (2,) and dtype int64: "
            "give one target score and one boolean per case.",
        ),
    ],
    ids=["no target", "no other", "no case", "nan", "infinity", "logit", "shapes", "labels"],
)
def test_refused(scores: NDArray[np.float64], is_target: NDArray[Any], text: str) -> None:
    for measure in (find_cutoff, lambda s, t: operating_point(s, t, 0.5)):
        with pytest.raises(CutoffError) as caught:
            measure(scores, is_target)
        assert str(caught.value) == text


@pytest.mark.parametrize("tau", [0.0, -0.1, 1.1, math.nan])
def test_tau_refused(tau: float) -> None:
    with pytest.raises(ProtocolError) as caught:
        operating_point(np.array([0.5, 0.6]), BOTH, tau)
    assert str(caught.value) == f"The cut-off tau is {tau!r}: set one above 0 and at most 1."
