"""Bursts planted on known minibatches are found there."""

from __future__ import annotations

import numpy as np
import pytest

from longcon.divergence.growth import bursts
from longcon.divergence.hard_cases import burdens, burst_counts, concentration, hardest

EPOCH, EPOCHS = 20, 6


def _planted(positions: dict[int, float]) -> tuple[np.ndarray, np.ndarray]:
    """Differences of the parameters, and the bursts: at each epoch one on given positions, by a given ln of growth."""
    steps = EPOCH * EPOCHS
    parameters, moments = np.full(steps + 1, 1e-15), np.full(steps + 1, 1e-15)
    for t in range(steps):
        growth = positions.get(t % EPOCH, 0.0)
        parameters[t + 1] = parameters[t] * np.exp(growth)
        moments[t + 1] = moments[t] * (20 if growth else 0.9)
    return parameters, bursts(moments)


def test_the_planted_minibatches_carry_all_growth() -> None:
    found = burdens(*_planted({3: 0.5, 15: 1.0}), EPOCH)
    assert [(burden.position, burden.bursts) for burden in found] == [(15, EPOCHS), (3, EPOCHS)]
    assert [burden.share for burden in found] == pytest.approx([2 / 3, 1 / 3])


def test_without_bursts_nothing_is_blamed() -> None:
    assert burdens(*_planted({}), EPOCH) == ()


def test_concentration_of_one_pair_on_the_hardest_of_another() -> None:
    first = burst_counts(_planted({3: 1.0, 15: 1.0})[1], EPOCH)
    second = burst_counts(_planted({3: 1.0, 8: 1.0})[1], EPOCH)
    assert hardest(first, 5) == (3, 15)
    assert concentration(second, hardest(first, 5)) == pytest.approx(0.5)
    assert concentration(np.zeros(EPOCH, dtype=np.int64), (3,)) is None
