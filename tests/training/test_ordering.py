"""The order of sums: undone exactly, and the same function of the inputs."""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from longcon.devices import parse_surrogate
from longcon.training import Ordering, State, initial_state, network

FEATURES, WIDTHS, CLASSES = 40, (12, 6), 3


def _ordering(number: int) -> Ordering:
    features, *units = parse_surrogate(f"order:{number}").orders((FEATURES, *WIDTHS))
    return Ordering(features, tuple(units))


def _outputs(state: State, values: np.ndarray) -> np.ndarray:
    model = network(FEATURES, WIDTHS, CLASSES, torch.float64).to_empty(device="cpu")
    model.load_state_dict({name: torch.from_numpy(value) for name, value in state.items()})
    with torch.no_grad():
        outputs: np.ndarray = model(torch.from_numpy(values)).numpy()
        return outputs


@given(st.integers(1, 1000), st.integers(0, 100))
def test_undoing_an_ordering_restores_every_bit(number: int, seed: int) -> None:
    state = initial_state(FEATURES, WIDTHS, CLASSES, seed, "float64")
    ordering = _ordering(number)
    back = ordering.undone(ordering.of_state(state))
    assert all(np.array_equal(state[name], back[name]) for name in state)


@given(st.integers(1, 1000))
def test_an_ordering_changes_round_off_and_nothing_else(number: int) -> None:
    state = initial_state(FEATURES, WIDTHS, CLASSES, 0, "float64")
    values = np.random.Generator(np.random.PCG64(number)).normal(size=(9, FEATURES))
    ordering = _ordering(number)
    there = _outputs(ordering.of_state(state), ordering.of_values(values))
    np.testing.assert_allclose(there, _outputs(state, values), rtol=0, atol=1e-12)
