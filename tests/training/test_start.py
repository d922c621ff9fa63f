"""The start of a training: initial values from the seed alone, in the recipe's precision and in one piece of memory."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from longcon.devices import parse_surrogate
from longcon.training import (
    BUFFERS,
    Ordering,
    PaperMethod,
    Recipe,
    hold,
    initial_state,
    natural_ordering,
    parameters_of,
    started,
    state_of,
)
from tests.training import plain
from tests.training.methods import FEATURES, METHODS, connected, normalised

CPU = torch.device("cpu")


def _recipe(dtype: Any = "float64", seed: int = 0) -> Recipe:
    return Recipe(k=2, dtype=dtype, seed=seed, widths=(9, 5))


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("seed", [0, 3])
def test_the_papers_method_starts_from_its_own_initial_values(dtype: Any, seed: int) -> None:
    recipe = _recipe(dtype, seed)
    found = state_of(started(PaperMethod(), FEATURES, 3, recipe))
    papers = initial_state(FEATURES, recipe.widths, 3, seed, dtype)
    assert list(found) == list(papers)
    assert all(value.dtype == dtype and value.tobytes() == papers[name].tobytes() for name, value in found.items())


@pytest.mark.parametrize("name", METHODS)
def test_both_precisions_start_from_one_model(name: str) -> None:
    double, single = (started(METHODS[name], FEATURES, 3, _recipe(dtype)) for dtype in ("float64", "float32"))
    assert {value.dtype for value in double.parameters()} == {torch.float64}
    assert {value.dtype for value in single.parameters()} == {torch.float32}
    assert double.training
    ones, others = state_of(double), state_of(single)
    assert ones.keys() == others.keys()
    assert [
        key for key, value in ones.items() if not np.array_equal(value.astype(others[key].dtype), others[key])
    ] == []
    # Numbers of 53 digits, not of 24: the model was made in float64.
    assert any((value.astype(np.float32) != value).any() for value in ones.values())


@pytest.mark.parametrize("name", METHODS)
def test_initial_values_are_of_the_seed_alone(name: str) -> None:
    states = []
    for number, seed in ((1, 0), (2, 0), (1, 1)):
        torch.manual_seed(number)
        states.append(state_of(started(METHODS[name], FEATURES, 3, _recipe(seed=seed))))
    bits = [{key: value.tobytes() for key, value in state.items()} for state in states]
    assert bits[0] == bits[1]
    assert bits[0] != bits[2]
    assert torch.get_default_dtype() == torch.float32


def test_the_default_type_is_put_back_after_a_mistake() -> None:
    class Wrong(PaperMethod):
        def model(self, features: int, classes: int, recipe: Recipe) -> nn.Module:
            raise RuntimeError(f"no model of {features} x {classes}, k {recipe.k}, in {torch.get_default_dtype()}")

    with pytest.raises(RuntimeError, match=r"^no model of 12 x 3, k 2, in torch\.float64$"):
        started(Wrong(), FEATURES, 3, _recipe())
    assert torch.get_default_dtype() == torch.float32


class _Turned(PaperMethod):
    """Has a weight whose rows do not lie one behind the other."""

    def model(self, features: int, classes: int, recipe: Recipe) -> nn.Module:  # noqa: ARG002 - as a method has it
        model = connected(features, classes)
        model[0].weight = nn.Parameter(torch.randn(features, 7).t())
        return model


def test_parameters_are_contiguous_and_have_the_values_that_they_had() -> None:
    recipe = _recipe()
    assert not _Turned().model(FEATURES, 3, recipe)[0].weight.is_contiguous()  # type: ignore[index]
    model = started(_Turned(), FEATURES, 3, recipe)
    assert all(value.is_contiguous() for value in model.parameters())
    weight = model.get_parameter("0.weight")
    assert weight.shape == (7, FEATURES)
    assert abs(float(weight.detach().std()) - 1) < 0.3
    torch.testing.assert_close(weight.view(-1).view(7, FEATURES), weight)


def test_what_is_tied_or_frozen_stays_so() -> None:
    tied = started(METHODS["tied"], FEATURES, 3, _recipe("float32"))
    hold(tied, natural_ordering(tied, FEATURES), CPU)
    assert tied.get_parameter("inward.weight") is tied.get_parameter("outward.weight")
    frozen = started(METHODS["frozen"], FEATURES, 3, _recipe("float32"))
    assert [value.requires_grad for value in frozen.parameters()] == [False, False, True, True]


NATURAL: list[tuple[Callable[[], nn.Module], list[int], list[str]]] = [
    (lambda: PaperMethod().model(FEATURES, 3, _recipe()), [9, 5], ["0", "3", "6"]),
    (lambda: normalised(FEATURES, 3), [7], ["0", "3"]),
    (
        lambda: nn.Sequential(OrderedDict([("in", nn.Linear(FEATURES, 4)), ("out", nn.Linear(4, 3))])),
        [4],
        ["in", "out"],
    ),
    (lambda: nn.Sequential(nn.Linear(FEATURES, 3)), [], ["0"]),
    (lambda: METHODS["convolution"].make(FEATURES, 3), [], []),
    (lambda: METHODS["dropout"].make(FEATURES, 3), [], []),
]


@pytest.mark.parametrize(("make", "widths", "linears"), NATURAL, ids=map(str, range(len(NATURAL))))
def test_the_natural_ordering_changes_nothing(
    make: Callable[[], nn.Module], widths: list[int], linears: list[str]
) -> None:
    model = make()
    ordering = natural_ordering(model, FEATURES)
    assert ordering.features.tolist() == list(range(FEATURES))
    assert [order.tolist() for order in ordering.units] == [list(range(width)) for width in widths]
    assert ordering.stages is not None
    assert [stage.linear for stage in ordering.stages] == linears
    state = state_of(model)
    assert all(np.array_equal(value, state[name]) for name, value in ordering.of_state(state).items())


def test_a_model_is_held_in_an_order_in_its_own_memory() -> None:
    model = started(METHODS["batches"], FEATURES, plain.CLASSES, _recipe())
    with torch.no_grad():
        model[1].running_mean.copy_(torch.arange(7))  # type: ignore[index]
    natural, memory = state_of(model), [value.data_ptr() for value in model.parameters()]
    features, units = parse_surrogate("order:1").orders((FEATURES, 7))
    ordering = Ordering(features, (units,), natural_ordering(model, FEATURES).stages)
    hold(model, ordering, CPU)
    held = state_of(model)
    assert [value.data_ptr() for value in model.parameters()] == memory
    assert np.array_equal(held["0.weight"], natural["0.weight"][units][:, features])
    assert np.array_equal(held[f"{BUFFERS}1.running_mean"], units)
    assert np.array_equal(held["3.weight"], natural["3.weight"][:, units])
    assert np.array_equal(held["3.bias"], natural["3.bias"])


def test_a_state_says_which_of_its_arrays_are_buffers() -> None:
    state = state_of(normalised(FEATURES, 3))
    buffers = [f"{BUFFERS}1.{name}" for name in ("running_mean", "running_var", "num_batches_tracked")]
    assert set(state) - set(parameters_of(state)) == set(buffers)
    assert set(parameters_of(state)) == {name for name, _ in normalised(FEATURES, 3).named_parameters()}
