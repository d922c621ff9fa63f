"""The ansatz: PyTorch's distribution, drawn on the host."""

from __future__ import annotations

import numpy as np
import torch

from longcon.training import case_order, initial_state, network

SHAPE = (50, (16, 8), 3)


def test_names_and_shapes_are_those_of_the_network() -> None:
    state = initial_state(*SHAPE, seed=0, dtype="float64")
    expected = {name: tuple(value.shape) for name, value in network(*SHAPE, torch.float64).state_dict().items()}
    assert {name: value.shape for name, value in state.items()} == expected


def test_bounds_are_those_of_pytorch_linear() -> None:
    weight = initial_state(5000, (128, 32), 7, seed=1, dtype="float64")["0.weight"]
    bound = 1 / np.sqrt(5000)
    assert np.abs(weight).max() <= bound
    assert np.abs(weight).max() > 0.9999 * bound
    assert abs(weight.var() / (bound**2 / 3) - 1) < 0.01


def test_both_precisions_start_from_one_network() -> None:
    double, single = (initial_state(*SHAPE, seed=5, dtype=dtype) for dtype in ("float64", "float32"))
    assert all((double[name].astype(np.float32) == single[name]).all() for name in double)


def test_seeds_differ_and_the_order_holds_every_case() -> None:
    assert not np.array_equal(case_order(40, 0), case_order(40, 1))
    assert sorted(case_order(40, 0).tolist()) == list(range(40))
