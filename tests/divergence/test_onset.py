"""The onset rule on synthetic curves, whose onset is known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from longcon.divergence.onset import PARTED, Onset, find_onset
from longcon.errors import BuildError

TOLERANCE = 2.0**-26
EPOCH = 10


def _curve(*levels: tuple[float, float, int]) -> np.ndarray:
    """Geometric pieces: from, to, steps."""
    return np.concatenate([np.geomspace(a, b, steps) for a, b, steps in levels])


CASES = {
    # Round-off for 20 epochs, then a jump in half an epoch: the paper's Figure 2 for k = 1.
    "sudden": (_curve((1e-16, 1e-12, 200), (1e-11, 0.2, 5), (0.3, 0.3, 100)), Onset(201, 201, 204, True, EPOCH)),
    # One decade in two epochs, all the way up.
    "slow": (_curve((1e-15, 0.5, 281)), None),
    "together": (_curve((1e-16, 1e-9, 300)), Onset(None, None, None, False, EPOCH)),
    "left and never apart": (_curve((1e-16, 1e-9, 100), (1e-6, 1e-4, 100)), Onset(99, None, None, False, EPOCH)),
    # A burst that dies out again is no divergence.
    "returned": (_curve((1e-15, 1e-15, 50), (1e-3, 0.1, 5), (1e-12, 1e-12, 50)), Onset(None, None, None, False, EPOCH)),
    "apart from the first step": (np.array([0.0, 0.5, 0.5, 0.5]), Onset(0, 0, 1, True, EPOCH)),
    "identical": (np.zeros(40), Onset(None, None, None, False, EPOCH)),
    "apart from the initial state": (np.array([0.5, 0.5]), Onset(0, 0, 0, False, EPOCH)),
    "over the tolerance at the last step": (np.array([0.0, 1e-16, 1e-6]), Onset(1, None, None, False, EPOCH)),
}


@pytest.mark.parametrize("name", [name for name, (_, onset) in CASES.items() if onset])
def test_onset_of_a_known_curve(name: str) -> None:
    curve, expected = CASES[name]
    assert find_onset(curve, EPOCH, TOLERANCE) == expected


def test_slow_growth_is_not_rapid() -> None:
    onset = find_onset(CASES["slow"][0], EPOCH, TOLERANCE)
    assert onset.parted is not None
    assert onset.step is not None
    assert not onset.rapid
    assert onset.epochs_taken == pytest.approx((onset.parted - onset.step) / EPOCH)


def test_ten_times_an_epoch_is_rapid_and_less_is_not() -> None:
    for decades, rapid in ((1.01, True), (0.99, False)):
        curve = np.minimum(10.0 ** (-12 + decades * np.arange(300) / EPOCH), 1.0)
        assert find_onset(curve, EPOCH, TOLERANCE).rapid == rapid


@given(st.lists(st.floats(0, 1), min_size=1, max_size=60))
def test_laws_of_the_onset(sines: list[float]) -> None:
    curve = np.array(sines)
    onset = find_onset(curve, EPOCH, TOLERANCE)
    assert (onset.step is None) == (onset.parted is None)
    assert (onset.left is None) == (curve[-1] <= TOLERANCE)
    if onset.parted is not None and onset.step is not None:
        assert onset.step < onset.parted or curve[0] > TOLERANCE
        assert curve[onset.parted] >= PARTED
        assert (curve[onset.step + 1 :] > TOLERANCE).all()
        assert (curve[onset.step + 1 : onset.parted] < PARTED).all()


@given(st.lists(st.floats(1e-16, 1), min_size=2, max_size=40), st.floats(0.97, 1.03))
def test_a_curve_known_to_a_few_percent_tells_the_same_unless_it_touches_a_limit(
    sines: list[float], factor: float
) -> None:
    curve = np.array(sines)
    if any((np.abs(np.log(curve / limit)) < 0.05).any() for limit in (TOLERANCE, PARTED)):
        return
    blurred = np.minimum(curve * factor, 1.0)
    first, second = (find_onset(values, EPOCH, TOLERANCE) for values in (curve, blurred))
    assert (first.left, first.step, first.parted) == (second.left, second.step, second.parted)


@pytest.mark.parametrize("sines", [[], [0.0, float("nan")], [-0.1], [1.1]])
def test_what_is_no_curve_of_sines_has_no_onset(sines: list[float]) -> None:
    with pytest.raises(BuildError) as caught:
        find_onset(np.array(sines), EPOCH, TOLERANCE)
    assert str(caught.value) == (
        "The onset needs a sine between 0 and 1 for every step: give the sketched sine of two builds."
    )
