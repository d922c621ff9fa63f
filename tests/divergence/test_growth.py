"""Growth and bursts on two trainings whose differences are known."""

from __future__ import annotations

import numpy as np
import pytest

from longcon.divergence.growth import bursts, growth


def _sketches(steps: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    values = np.random.default_rng(seed).normal(size=(3, steps + 1, 128))
    values[1:, 0] = 0.0
    return values[0], values[1], values[2]


def test_equal_trainings_do_not_differ() -> None:
    one = _sketches(4, 0)
    found = growth(one, one, np.ones(5, dtype=bool), 0.9)
    assert not found.parameters.any()
    assert not found.moments.any()
    assert not found.gradients.any()
    assert np.isnan(found.gains).all()


def test_the_gradients_are_those_that_made_the_moments() -> None:
    generator, decay, steps = np.random.default_rng(1), 0.9, 30
    parameters = np.abs(generator.normal(size=(steps + 1, 128)))
    gradients = generator.normal(size=(steps, 128))
    apart = 1e-6 * generator.normal(size=(steps, 128))

    def moments(of: np.ndarray) -> np.ndarray:
        result = np.zeros((steps + 1, 128))
        for t in range(steps):
            result[t + 1] = decay * result[t] + (1 - decay) * of[t]
        return result

    shift = 1e-9 * generator.normal(size=parameters.shape)
    found = growth(
        (parameters, moments(gradients), parameters),
        (parameters + shift, moments(gradients + apart), parameters),
        np.zeros(steps + 1, dtype=bool),
        decay,
    )
    lengths = np.linalg.norm(apart, axis=1)
    np.testing.assert_allclose(found.gradients, lengths, rtol=1e-6)
    np.testing.assert_allclose(found.gains, lengths / np.linalg.norm(shift[:-1], axis=1), rtol=1e-5)
    np.testing.assert_allclose(
        found.parameters, np.linalg.norm(shift, axis=1) / np.linalg.norm(parameters, axis=1), rtol=1e-5
    )
    assert not found.norms.any()


@pytest.mark.parametrize(
    ("moments", "updates"),
    [
        ([0, 1e-16, 1e-16, 5.1e-16, 1e-15], [2]),
        ([0, 1e-16, 4.9e-16], []),
        ([0, 0, 1e-3], []),  # from nothing to something: round-off is born, nothing is amplified
        ([1, 10, 100], [0, 1]),
        ([1, 0.5, 0.25], []),
    ],
)
def test_bursts(moments: list[float], updates: list[int]) -> None:
    assert bursts(np.array(moments, dtype=np.float64)).tolist() == updates


def test_sketches_that_differ_where_no_bit_does_are_no_difference() -> None:
    one, other = _sketches(4, 0), _sketches(4, 0)
    other[0][0] *= 1 + 1e-15
    found = growth(one, other, np.array([True, False, False, False, False]), 0.9)
    assert found.parameters[0] == 0
    assert np.isnan(found.gains[0])
