"""Draws: the same on every machine, of the right distribution, independent by purpose."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from longcon.draws import Draws

SEEDS = st.integers(0, 2**32)


def test_the_stream_never_changes() -> None:
    # Philox's own words; if numpy or the key derivation moved, every cached build would silently be another one.
    assert Draws(0, "initial values").words(2).tolist() == [13307273106864392018, 6657436327439959302]
    assert Draws(7, "case order").permutation(6).tolist() == [4, 2, 3, 1, 0, 5]


@pytest.mark.parametrize(("low", "mean", "variance"), [("uniform", 0.5, 1 / 12), ("normal", 0.0, 1.0)])
def test_distributions(low: str, mean: float, variance: float) -> None:
    values = getattr(Draws(1, "test"), low)(200_000)
    assert abs(values.mean() - mean) < 5 * (variance / 200_000) ** 0.5
    assert abs(values.var() / variance - 1) < 0.02


@given(SEEDS, st.integers(0, 200))
def test_permutations_hold_every_index_once(seed: int, count: int) -> None:
    assert sorted(Draws(seed, "p").permutation(count).tolist()) == list(range(count))


@given(SEEDS)
def test_purposes_are_independent_streams(seed: int) -> None:
    first, second = Draws(seed, "a").uniform(50), Draws(seed, "b").uniform(50)
    assert not np.array_equal(first, second)
    assert ((first >= 0) & (first < 1)).all()
