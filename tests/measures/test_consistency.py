"""Longitudinal consistency: tables counted by hand, and what must never raise the number of reportable cases."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from longcon.errors import BuildError, ProtocolError
from longcon.measures import ConsistencyTable, calls, conclusive, longitudinal_consistency

Scores = NDArray[np.float64]
TAUS = st.floats(0.05, 1.0)


@st.composite
def build_scores(draw: st.DrawFn, builds: int = 5) -> list[Scores]:
    """Draws builds' scores on shared cases; of a common part and a private one, so that some agree and some do not."""
    cases, classes = draw(st.integers(1, 12)), draw(st.integers(2, 5))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    shared = 3.0 * random.normal(size=(cases, classes))
    logits = [shared + random.normal(size=(cases, classes)) for _ in range(draw(st.integers(2, builds)))]
    return [np.exp(z) / np.exp(z).sum(axis=1, keepdims=True) for z in logits]


def counts(table: ConsistencyTable) -> tuple[int, int, int, int, int, list[int]]:
    some, none = table.conclusive_in_some, table.conclusive_in_none
    return table.cases, table.concordant, table.discordant, some, none, table.discordant_cases.tolist()


# One case each: agreed, discrepant, conclusive in the first alone, in neither; of equals the first class is called.
FIRST = np.array([[0.7, 0.2, 0.1], [0.6, 0.3, 0.1], [0.5, 0.3, 0.2], [0.4, 0.3, 0.3], [0.5, 0.5, 0.0]])
SECOND = np.array([[0.5, 0.4, 0.1], [0.2, 0.2, 0.6], [0.4, 0.35, 0.25], [0.3, 0.3, 0.4], [0.0, 0.5, 0.5]])
THIRD = np.array([[0.9, 0.1, 0.0], [0.4, 0.3, 0.3], [1.0, 0.0, 0.0], [0.3, 0.4, 0.3], [1.0, 0.0, 0.0]])


@pytest.mark.parametrize(
    ("builds", "tau", "expected"),
    [
        ([FIRST, SECOND], 0.5, (5, 1, 2, 1, 1, [1, 4])),
        ([FIRST, SECOND], 0.4, (5, 2, 3, 0, 0, [1, 3, 4])),
        ([FIRST, SECOND], 0.55, (5, 0, 1, 1, 3, [1])),
        ([FIRST, SECOND], 0.75, (5, 0, 0, 0, 5, [])),
        ([FIRST, SECOND, THIRD], 0.5, (5, 1, 1, 2, 1, [4])),
        ([FIRST, FIRST], 0.5, (5, 4, 0, 0, 1, [])),
    ],
    ids=["tau 0.5", "tau 0.4", "tau 0.55", "none conclusive", "three builds", "same scores"],
)
def test_hand_counted(builds: list[Scores], tau: float, expected: tuple[int, int, int, int, int, list[int]]) -> None:
    assert counts(longitudinal_consistency(builds, tau)) == expected


def test_rates_by_hand() -> None:
    table = longitudinal_consistency([FIRST, SECOND], 0.5)
    assert (table.reportable, table.discrepancy_rate, table.proportion) == (3, 2 / 3, 1 / 3)


def test_no_reportable_case_has_no_rate() -> None:
    table = longitudinal_consistency([FIRST, SECOND], 0.75)
    assert (table.reportable, table.discrepancy_rate, table.proportion) == (0, None, None)


def test_calls_and_conclusive_by_hand() -> None:
    assert calls(SECOND).tolist() == [0, 2, 0, 2, 1]
    assert calls(SECOND).dtype == np.int64
    assert conclusive(SECOND, 0.5).tolist() == [True, True, False, False, True]


def test_discordant_cases_are_read_only() -> None:
    assert not longitudinal_consistency([FIRST, SECOND], 0.5).discordant_cases.flags.writeable


def test_float32_score_below_tau_stays_below() -> None:
    scores = np.array([[0.7, 0.3]], dtype=np.float32)
    assert float(scores[0, 0]) < 0.7
    assert not conclusive(scores, 0.7)[0]


@given(build_scores(), TAUS)
def test_counts_sum_to_the_cases(builds: list[Scores], tau: float) -> None:
    table = longitudinal_consistency(builds, tau)
    assert table.cases == len(builds[0]) == table.reportable + table.conclusive_in_some + table.conclusive_in_none
    if table.discrepancy_rate is not None and table.proportion is not None:
        assert table.discrepancy_rate + table.proportion == pytest.approx(1.0)


@given(build_scores(), TAUS, st.integers(0, 2**32 - 1))
def test_order_of_builds_and_cases_does_not_matter(builds: list[Scores], tau: float, seed: int) -> None:
    order = np.random.default_rng(seed).permutation(len(builds[0]))
    table = longitudinal_consistency(builds, tau)
    moved = longitudinal_consistency([build[order] for build in reversed(builds)], tau)
    assert counts(moved)[:-1] == counts(table)[:-1]
    assert sorted(order[moved.discordant_cases]) == table.discordant_cases.tolist()


@given(build_scores(), TAUS)
def test_adding_a_build_never_adds_a_reportable_case(builds: list[Scores], tau: float) -> None:
    reportable = [longitudinal_consistency(builds[:n], tau).reportable for n in range(2, len(builds) + 1)]
    assert reportable == sorted(reportable, reverse=True)


@given(build_scores(), TAUS, TAUS)
def test_raising_tau_never_adds_a_reportable_case(builds: list[Scores], one: float, other: float) -> None:
    low = longitudinal_consistency(builds, min(one, other))
    high = longitudinal_consistency(builds, max(one, other))
    assert high.concordant <= low.concordant
    assert high.discordant <= low.discordant
    assert high.conclusive_in_none >= low.conclusive_in_none
    assert set(high.discordant_cases) <= set(low.discordant_cases)


@given(build_scores(), TAUS)
def test_discrepancies_are_those_of_pairs_where_all_are_conclusive(builds: list[Scores], tau: float) -> None:
    pairs = [longitudinal_consistency(pair, tau).discordant_cases for pair in combinations(builds, 2)]
    reported = np.all([conclusive(build, tau) for build in builds], axis=0)
    expected = {case for pair in pairs for case in pair.tolist() if reported[case]}
    assert set(longitudinal_consistency(builds, tau).discordant_cases.tolist()) == expected


@given(build_scores(), TAUS)
def test_repeating_a_build_changes_nothing(builds: list[Scores], tau: float) -> None:
    assert counts(longitudinal_consistency([*builds, builds[0]], tau)) == counts(longitudinal_consistency(builds, tau))


@pytest.mark.parametrize(
    ("builds", "text"),
    [
        ([FIRST], "Longitudinal consistency compares builds, but got 1: give at least two."),
        ([], "Longitudinal consistency compares builds, but got 0: give at least two."),
        (
            [FIRST, SECOND[:2]],
            "The scores of build 2 have shape (2, 3), those of build 1 (5, 3): "
            "score every build on the same cases and classes.",
        ),
        (
            [FIRST, SECOND[0]],
            "The scores of build 2 have shape (3,): give one row per case and one column per class.",
        ),
        (
            [FIRST[:0], SECOND[:0]],
            "The scores of build 1 have shape (0, 3): give one row per case and one column per class.",
        ),
        (
            [FIRST, calls(FIRST)[:, None]],
            "The scores of build 2 are of dtype int64: give floating scores, not calls or labels.",
        ),
        (
            [FIRST, np.array([[0.5, 0.5], [0.5, math.nan]])],
            "The scores of build 2 hold nan at case 1, class 1: "
            "let the classifier return scores between 0 and 1, such as a softmax.",
        ),
        (
            [FIRST, np.array([[1.5, -0.5]])],
            "The scores of build 2 hold 1.5 at case 0, class 0: "
            "let the classifier return scores between 0 and 1, such as a softmax.",
        ),
        (
            [FIRST, np.array([[0.5, 0.5], [0.5, 0.25]])],
            "The scores of build 2 sum to 0.75 at case 1: "
            "let the classifier return scores that sum to 1, such as a softmax.",
        ),
    ],
    ids=["one build", "no build", "fewer cases", "one case", "no case", "calls", "nan", "logits", "sum"],
)
def test_refused(builds: list[Scores], text: str) -> None:
    with pytest.raises(BuildError) as caught:
        longitudinal_consistency(builds, 0.5)
    assert str(caught.value) == text


@pytest.mark.parametrize("measure", [calls, lambda scores: conclusive(scores, 0.5)], ids=["calls", "conclusive"])
def test_one_builds_scores_refused(measure: object) -> None:
    assert callable(measure)
    with pytest.raises(BuildError) as caught:
        measure(np.array([[0.5, math.inf]]))
    assert str(caught.value) == (
        "The scores hold inf at case 0, class 1: let the classifier return scores between 0 and 1, such as a softmax."
    )


def test_sum_of_a_float32_softmax_is_let_through() -> None:
    longitudinal_consistency([np.array([[0.5, 0.5 + 9e-7]])] * 2, 0.5)
    with pytest.raises(BuildError, match="sum to"):
        longitudinal_consistency([np.array([[0.5, 0.5 + 1.1e-6]])] * 2, 0.5)


@pytest.mark.parametrize("tau", [0.0, -0.5, 1.5, math.nan, math.inf])
def test_tau_refused(tau: float) -> None:
    for measure in (lambda: longitudinal_consistency([FIRST, SECOND], tau), lambda: conclusive(FIRST, tau)):
        with pytest.raises(ProtocolError) as caught:
            measure()
        assert str(caught.value) == f"The cut-off tau is {tau!r}: set one above 0 and at most 1."
