"""Risk from one machine: rates with exact intervals, shares of steps."""

from __future__ import annotations

import numpy as np
import pytest

from longcon.divergence.risk import divergence_probability, share_below
from longcon.errors import BuildError


@pytest.mark.parametrize(
    ("diverged", "text"),
    [
        ([True] * 3 + [False] * 7, "3 of 10 (30%; 95% interval 6.67% to 65.2%)"),
        ([False] * 10, "0 of 10 (0%; 95% interval 0% to 30.8%)"),
        ([True] * 4, "4 of 4 (100%; 95% interval 39.8% to 100%)"),
        ([False], "0 of 1 (0%; 95% interval 0% to 97.5%)"),
    ],
)
def test_probability_with_its_interval(diverged: list[bool], text: str) -> None:
    assert str(divergence_probability(diverged)) == text


def test_no_surrogate_no_probability() -> None:
    with pytest.raises(BuildError) as caught:
        divergence_probability([])
    assert str(caught.value) == "A probability needs builds on order surrogates: give --orders=1 or more."


def test_share_of_steps_below_the_threshold() -> None:
    assert share_below(np.array([1e-5, 1e-3, np.nan, 1e-4]), 1e-4) == pytest.approx(1 / 3)
    assert share_below(np.full(3, np.nan), 1e-4) is None
