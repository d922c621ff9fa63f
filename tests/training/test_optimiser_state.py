"""The state of an optimiser as arrays: after the round trip every step has its bits, and what is spoiled is refused."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from longcon.training import State
from longcon.training.optimiser_state import arrays_of, restore

Optimise = Callable[[Iterable[nn.Parameter]], torch.optim.Optimizer]
OPTIMISERS: dict[str, Optimise] = {
    "SGD": partial(torch.optim.SGD, lr=0.05),
    "momentum": partial(torch.optim.SGD, lr=0.05, momentum=0.9, weight_decay=0.01),
    "Adam": torch.optim.Adam,
    "a rate that is a tensor": lambda parameters: torch.optim.Adam(parameters, lr=torch.tensor(0.01)),
    "AMSGrad": partial(torch.optim.Adam, amsgrad=True, foreach=True),
    "fused": partial(torch.optim.Adam, fused=True),
    "AdamW": torch.optim.AdamW,
    "NAdam": partial(torch.optim.NAdam, decoupled_weight_decay=True),
    "RAdam": torch.optim.RAdam,
    "Adamax": torch.optim.Adamax,
    "Adagrad": partial(torch.optim.Adagrad, initial_accumulator_value=0.1),
    "Adadelta": torch.optim.Adadelta,
    "RMSprop": partial(torch.optim.RMSprop, momentum=0.5, centered=True),
    "Rprop": torch.optim.Rprop,
    "ASGD": partial(torch.optim.ASGD, t0=2),
    "LBFGS": partial(torch.optim.LBFGS, lr=0.1, max_iter=2),
    "LBFGS with a search": partial(torch.optim.LBFGS, max_iter=3, line_search_fn="strong_wolfe"),
    "Adafactor": torch.optim.Adafactor,
    "Muon": torch.optim.Muon,
}
DTYPES = [torch.float64, torch.float32]


def _parameters(dtype: torch.dtype) -> list[nn.Parameter]:
    # Muon trains matrices alone.
    return [nn.Parameter(torch.linspace(-1, 1, n * 3, dtype=dtype).reshape(n, 3)) for n in (2, 4)]


def _step(optimiser: torch.optim.Optimizer, parameters: list[nn.Parameter]) -> None:
    def closure() -> Tensor:
        optimiser.zero_grad()
        loss = torch.stack([((value - 0.3) ** 2).sum() + value.cos().prod() for value in parameters]).sum()
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    optimiser.step(closure)  # type: ignore[arg-type]


def _after(name: str, dtype: torch.dtype, steps: int) -> tuple[torch.optim.Optimizer, list[nn.Parameter]]:
    parameters = _parameters(dtype)
    optimiser = OPTIMISERS[name](parameters)
    for _ in range(steps):
        _step(optimiser, parameters)
    return optimiser, parameters


def test_every_optimiser_of_pytorch_is_in_the_table() -> None:
    names = {name for name, kind in vars(torch.optim).items() if isinstance(kind, type) and name != "Optimizer"}
    tried = {type(optimise(_parameters(torch.float64))).__name__ for optimise in OPTIMISERS.values()}
    # SparseAdam takes sparse gradients alone.
    assert names - tried == {"SparseAdam"}


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("steps", [0, 1, 4])
@pytest.mark.parametrize("name", OPTIMISERS)
def test_steps_after_the_round_trip_have_the_bits_of_steps_without(name: str, steps: int, dtype: torch.dtype) -> None:
    optimiser, parameters = _after(name, dtype, steps)
    arrays = arrays_of(optimiser)
    kept = {key: value.copy() for key, value in arrays.items()}
    others = [nn.Parameter(value.detach().clone()) for value in parameters]
    other = OPTIMISERS[name](others)
    restore(other, arrays)
    for _ in range(3):
        _step(optimiser, parameters)
        _step(other, others)
        assert [torch.equal(a, b) for a, b in zip(parameters, others, strict=True)] == [True, True]
    # The arrays are a copy: neither optimiser wrote into them. Their types are those of the state.
    assert {key: value.tobytes() for key, value in arrays.items()} == {k: v.tobytes() for k, v in kept.items()}
    restored = arrays_of(other)
    assert {key: (v.dtype, v.tobytes()) for key, v in restored.items()} == {
        key: (v.dtype, v.tobytes()) for key, v in arrays_of(optimiser).items()
    }


def test_a_rate_that_steps_changed_is_part_of_the_state() -> None:
    optimiser, _ = _after("Adam", torch.float64, 2)
    optimiser.param_groups[0]["lr"] = 0.1 + 0.2
    other, _ = _after("Adam", torch.float64, 0)
    restore(other, arrays_of(optimiser))
    assert other.param_groups[0]["lr"] == 0.1 + 0.2


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({1, 2}, "its optimiser keeps a set, which no checkpoint holds"),
        ([lambda: None], "its optimiser keeps a function, which no checkpoint holds"),
        ({"deep": (1, [np.float32(2)])}, "its optimiser keeps a float32, which no checkpoint holds"),
        (1j, "its optimiser keeps a complex, which no checkpoint holds"),
    ],
    ids=["set", "function", "number of numpy", "complex"],
)
@pytest.mark.parametrize("place", ["state", "group"])
def test_what_no_checkpoint_holds_is_refused(value: Any, text: str, place: str) -> None:
    optimiser, parameters = _after("momentum", torch.float64, 1)
    (optimiser.state[parameters[0]] if place == "state" else optimiser.param_groups[0])["own"] = value
    with pytest.raises(ValueError, match=f"^{text}$"):
        arrays_of(optimiser)


OTHER = "^its optimiser is another one$"
OF_ADAM = ("Adam", "a rate that is a tensor", "AMSGrad", "fused")


@pytest.mark.parametrize("name", [name for name in OPTIMISERS if name not in OF_ADAM])
def test_the_state_of_another_class_is_refused(name: str) -> None:
    arrays = arrays_of(_after(name, torch.float64, 2)[0])
    with pytest.raises(ValueError, match=OTHER):
        restore(_after("Adam", torch.float64, 0)[0], arrays)


def test_the_state_of_more_parameters_or_groups_is_refused() -> None:
    arrays = arrays_of(_after("Adam", torch.float64, 2)[0])
    first, second = _parameters(torch.float64)
    for groups in ([first], [{"params": [first]}, {"params": [second]}]):
        with pytest.raises(ValueError, match=OTHER):
            restore(torch.optim.Adam(groups), arrays)


def _restored_or_refused(name: str, arrays: State) -> bool:
    """Whether arrays were taken; anything but a ValueError is raised to the test."""
    try:
        restore(_after(name, torch.float64, 0)[0], arrays)
    except ValueError:
        return False
    return True


SPOILED = st.sampled_from(["Adam", "LBFGS with a search", "ASGD"])


@settings(max_examples=40)
@given(name=SPOILED, data=st.data())
def test_a_dropped_array_is_refused(name: str, data: st.DataObject) -> None:
    arrays = arrays_of(_after(name, torch.float64, 3)[0])
    assert _restored_or_refused(name, arrays)
    del arrays[data.draw(st.sampled_from(sorted(arrays)))]
    assert not _restored_or_refused(name, arrays)


@settings(max_examples=150)
@given(name=SPOILED, place=st.floats(0, 1, exclude_max=True), byte=st.integers(0, 255), cut=st.booleans())
def test_altered_bytes_raise_nothing_but_a_refusal(name: str, place: float, byte: int, *, cut: bool) -> None:
    arrays = arrays_of(_after(name, torch.float64, 2)[0])
    structure = arrays["structure"].copy()
    at = int(place * len(structure))
    structure[at] = byte
    taken = _restored_or_refused(name, arrays | {"structure": structure[:at] if cut else structure})
    # A number may be another number, but no part of a text is a text.
    assert not (cut and taken)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["tensor", "pairs", "list", "tuple", "value", "x"]), inner, max_size=2)
    ),
    max_leaves=8,
)


@settings(max_examples=150)
@given(structure=_JSON, groups=_JSON)
def test_any_other_structure_raises_nothing_but_a_refusal(structure: Any, groups: Any) -> None:
    text = json.dumps(["Adam", structure, groups]).encode()
    spoiled: dict[str, Any] = {"0": np.ones(3), "structure": np.frombuffer(text, dtype=np.uint8)}
    _restored_or_refused("Adam", spoiled)


@pytest.mark.parametrize("value", [np.zeros(0), np.full(5, np.nan), np.array("text"), np.ones((2, 2), dtype=np.uint8)])
def test_a_structure_of_another_kind_is_refused(value: np.ndarray) -> None:
    assert not _restored_or_refused("Adam", {"structure": value})
