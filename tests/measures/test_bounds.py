"""Exact bounds: the figures of the clinical literature by hand, their definition, and how they move."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, binomtest

from longcon.errors import LongconError, ProtocolError
from longcon.measures import cases_needed, interval, upper_bound

CONFIDENCES = st.floats(0.5, 0.999)


@st.composite
def tallies(draw: st.DrawFn) -> tuple[int, int]:
    trials = draw(st.integers(1, 2000))
    return draw(st.integers(0, trials)), trials


def test_the_papers_discrepancies() -> None:
    low, high = interval(14, 339, 0.95)
    assert [f"{rate:.2%}" for rate in (14 / 339, low, high)] == ["4.13%", "2.28%", "6.83%"]


@pytest.mark.parametrize(
    ("events", "trials", "confidence", "bound"),
    [
        (0, 324, 0.95, 1 - 0.05 ** (1 / 324)),
        (0, 1, 0.95, 0.95),
        (0, 2, 0.75, 0.5),
        (1, 2, 0.75, math.sqrt(0.75)),
        (1, 1, 0.95, 1.0),
        (7, 7, 0.5, 1.0),
        (0, 0, 0.95, 1.0),
    ],
)
def test_upper_bound_by_hand(events: int, trials: int, confidence: float, bound: float) -> None:
    assert upper_bound(events, trials, confidence) == pytest.approx(bound, rel=1e-12)


def test_zero_in_324_is_not_zero() -> None:
    assert f"{upper_bound(0, 324, 0.95):.2%}" == "0.92%"


@pytest.mark.parametrize(
    ("events", "trials", "confidence", "low", "high"),
    [(0, 0, 0.95, 0.0, 1.0), (0, 1, 0.9, 0.0, 0.95), (1, 1, 0.9, 0.05, 1.0), (1, 2, 0.5, 1 - 0.75**0.5, 0.75**0.5)],
)
def test_interval_by_hand(events: int, trials: int, confidence: float, low: float, high: float) -> None:
    assert list(interval(events, trials, confidence)) == pytest.approx([low, high], rel=1e-12)


@pytest.mark.parametrize(
    ("rate", "cases"),
    [(0.05, 59), (0.02, 149), (0.01, 299), (0.005, 598), (0.001, 2995), (1 - 0.95, 59), (1 - 0.99, 299), (0.9999, 1)],
)
def test_cases_needed_by_hand(rate: float, cases: int) -> None:
    assert cases_needed(rate, 0.95) == cases


@given(tallies(), CONFIDENCES)
def test_bound_is_the_rate_that_its_definition_asks(tally: tuple[int, int], confidence: float) -> None:
    events, trials = tally
    bound = upper_bound(events, trials, confidence)
    if events == trials:
        assert bound == 1.0
    else:
        assert float(binom.cdf(events, trials, bound)) == pytest.approx(1 - confidence, rel=1e-8)


@given(tallies(), CONFIDENCES)
def test_agrees_with_scipys_search_for_the_root(tally: tuple[int, int], confidence: float) -> None:
    test = binomtest(*tally, alternative="less")
    one_sided = test.proportion_ci(confidence, method="exact").high
    assert upper_bound(*tally, confidence) == pytest.approx(one_sided, abs=1e-10)
    both = binomtest(*tally).proportion_ci(confidence, method="exact")
    assert list(interval(*tally, confidence)) == pytest.approx([both.low, both.high], abs=1e-10)


@given(tallies(), CONFIDENCES, CONFIDENCES)
def test_monotone(tally: tuple[int, int], confidence: float, other: float) -> None:
    events, trials = tally
    bound = upper_bound(events, trials, confidence)
    assert events / trials < bound <= 1.0 or bound == 1.0
    assert upper_bound(events, trials + 1, confidence) < bound
    assert upper_bound(events + 1, trials + 1, confidence) >= bound
    if events < trials:
        assert upper_bound(events + 1, trials, confidence) > bound
    low, high = sorted((confidence, other))
    assert upper_bound(events, trials, low) <= upper_bound(events, trials, high)


@given(tallies(), CONFIDENCES)
def test_interval_holds_the_rate_and_ends_at_two_one_sided_bounds(tally: tuple[int, int], confidence: float) -> None:
    events, trials = tally
    low, high = interval(events, trials, confidence)
    assert low <= events / trials <= high
    assert high == upper_bound(events, trials, (1 + confidence) / 2)
    assert low == pytest.approx(1 - upper_bound(trials - events, trials, (1 + confidence) / 2), rel=1e-9, abs=1e-12)


@given(st.floats(1e-6, 0.99), CONFIDENCES)
def test_cases_needed_are_enough_and_no_more(rate: float, confidence: float) -> None:
    cases = cases_needed(rate, confidence)
    assert upper_bound(0, cases, confidence) <= rate
    assert upper_bound(0, cases - 1, confidence) > rate


@given(st.integers(1, 3000), CONFIDENCES)
def test_cases_needed_at_an_exact_boundary(cases: int, confidence: float) -> None:
    assert cases_needed(upper_bound(0, cases, confidence), confidence) == cases


@pytest.mark.parametrize(("events", "trials"), [(-1, 5), (6, 5), (0, -1)])
def test_counts_refused(events: int, trials: int) -> None:
    for measure in (upper_bound, interval):
        with pytest.raises(LongconError) as caught:
            measure(events, trials, 0.95)
        assert str(caught.value) == (
            f"A rate of {events} events in {trials} trials has no bound: count from 0 to as many events as trials."
        )


@pytest.mark.parametrize("confidence", [0.0, 1.0, 95.0, math.nan])
def test_confidence_refused(confidence: float) -> None:
    for measure in (
        lambda: upper_bound(0, 5, confidence),
        lambda: interval(0, 5, confidence),
        lambda: cases_needed(0.1, confidence),
    ):
        with pytest.raises(ProtocolError) as caught:
            measure()
        assert str(caught.value) == (
            f"A confidence of {confidence!r} has no exact bound: set one above 0 and below 1, e.g. 0.95."
        )


@pytest.mark.parametrize("rate", [0.0, 1.0, -0.1, math.nan])
def test_rate_refused(rate: float) -> None:
    with pytest.raises(ProtocolError) as caught:
        cases_needed(rate, 0.95)
    assert str(caught.value) == (
        f"No number of cases can show a discrepancy rate of at most {rate!r} with confidence: "
        "ask for a rate above 0 and below 1."
    )
