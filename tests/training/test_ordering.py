"""The order of sums: undone exactly, and the same function of the inputs."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from longcon.devices import enforce, parse_surrogate
from longcon.training import (
    Cases,
    Ordering,
    Recipe,
    State,
    initial_state,
    natural_ordering,
    network,
    state_of,
    take_state,
)
from longcon.training.loop import trainer_for
from longcon.training.recorder import Asked
from tests.training import plain
from tests.training.methods import SGD, Made

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


def _named() -> nn.Sequential:
    layers = [("inward", nn.Linear(FEATURES, 12)), ("bend", nn.ReLU()), ("outward", nn.Linear(12, CLASSES))]
    return nn.Sequential(OrderedDict(layers))


# Chains, and the permutations of each: of its features and of the units of every hidden layer.
CHAINS: dict[str, tuple[Callable[[], nn.Sequential], tuple[int, ...]]] = {
    "layers": (lambda: nn.Sequential(nn.Linear(FEATURES, 12), nn.ReLU(), nn.Linear(12, CLASSES)), (12,)),
    "no biases": (
        lambda: nn.Sequential(nn.Linear(FEATURES, 12, bias=False), nn.Linear(12, CLASSES, bias=False)),
        (12,),
    ),
    "one layer": (lambda: nn.Sequential(nn.Linear(FEATURES, CLASSES)), ()),
    "named": (_named, (12,)),
    "batches": (
        lambda: nn.Sequential(
            nn.Linear(FEATURES, 12),
            nn.BatchNorm1d(12),
            nn.Tanh(),
            nn.Linear(12, 6),
            nn.GELU(),
            nn.BatchNorm1d(6, momentum=None, affine=False),
            nn.LayerNorm(6),
            nn.Linear(6, CLASSES),
            nn.Sigmoid(),
        ),
        (12, 6),
    ),
}
EACH = pytest.mark.parametrize(("make", "widths"), CHAINS.values(), ids=CHAINS)
NUMBERS = st.integers(1, 1000)


def _values(number: int, cases: int = 9) -> np.ndarray:
    return np.random.Generator(np.random.PCG64(number)).normal(size=(cases, FEATURES))


def _chain(make: Callable[[], nn.Sequential], number: int) -> nn.Sequential:
    """Returns a model with statistics of what it saw."""
    torch.manual_seed(number)
    model = make().double().train()
    model(torch.from_numpy(_values(number + 1)))
    return model


def _ordering_of(model: nn.Module, widths: tuple[int, ...], number: int) -> Ordering:
    features, *units = parse_surrogate(f"order:{number}").orders((FEATURES, *widths))
    return Ordering(features, tuple(units), natural_ordering(model, FEATURES).stages)


@EACH
@settings(max_examples=20)
@given(number=NUMBERS)
def test_undoing_restores_every_bit_of_any_chain(
    make: Callable[[], nn.Sequential], widths: tuple[int, ...], number: int
) -> None:
    model = _chain(make, number)
    state, ordering = state_of(model), _ordering_of(model, widths, number)
    there = ordering.of_state(state)
    back = ordering.undone(there)
    assert list(back) == list(there) == list(state)
    assert all(back[name].tobytes() == value.tobytes() for name, value in state.items())
    assert all(there[name].shape == value.shape and there[name].dtype == value.dtype for name, value in state.items())


@EACH
@settings(max_examples=20)
@given(number=NUMBERS)
def test_an_order_changes_round_off_and_nothing_else_of_any_chain(
    make: Callable[[], nn.Sequential], widths: tuple[int, ...], number: int
) -> None:
    model, other = _chain(make, number), make().double()
    ordering = _ordering_of(model, widths, number)
    take_state(other, ordering.of_state(state_of(model)))
    values = _values(number)
    here, there = torch.from_numpy(values), torch.from_numpy(ordering.of_values(values))
    for training in (False, True, False):
        outputs, others = model.train(training)(here), other.train(training)(there)
        torch.testing.assert_close(others, outputs, rtol=0, atol=1e-12)
    # Training moved the statistics, alike.
    state, undone = state_of(model), ordering.undone(state_of(other))
    for name, value in state.items():
        np.testing.assert_allclose(undone[name], value, rtol=0, atol=1e-12)


@EACH
def test_a_training_in_another_order_is_the_same_but_for_round_off(
    make: Callable[[], nn.Sequential], widths: tuple[int, ...]
) -> None:
    enforce()
    method, recipe = Made(lambda *_: make(), SGD), Recipe(k=3, epochs=2)
    training, *_ = plain.cohort(FEATURES, 0)
    assert training.labels is not None
    cases = Cases(training.values[:18], training.labels[:18] % CLASSES)
    found = []
    for ordering in (None, _ordering_of(make(), widths, 1)):
        trainer = trainer_for(recipe, CLASSES, cases, torch.device("cpu"), ordering, Asked(), method)
        losses = [trainer.epoch(), trainer.epoch()]
        assert trainer.recorder is not None
        found.append((trainer.recorder.trajectory(), losses, trainer.state()))
    (first, losses, state), (second, others, undone) = found
    np.testing.assert_allclose(losses, others, rtol=1e-10)
    for name, value in state.items():
        np.testing.assert_allclose(undone[name], value, rtol=1e-9, atol=1e-12)
    # What is drawn for the natural order is found in the other one: the start has one digest, and the sines are small.
    assert first.first_difference(second) != 0
    assert first.sine(second).max() < 1e-10
