"""The state of any torch optimiser as arrays, for a checkpoint; no pickle."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import torch
from torch import Tensor

from longcon.training.initialisation import State

_STRUCTURE = "structure"


def arrays_of(optimiser: torch.optim.Optimizer) -> State:
    """Returns a copy of an optimiser's state: its tensors by number, and as JSON how they hang together.

    Raises:
        ValueError: it holds something that is neither tensor nor number; the text says what.
    """
    arrays: dict[str, Any] = {}
    structure = _taken_apart(optimiser.state_dict()["state"], arrays)
    # A hyperparameter that a step changes, such as a rate that decays, is part of the state; which parameters make a
    # group is not.
    groups = [{k: v for k, v in group.items() if k != "params"} for group in optimiser.state_dict()["param_groups"]]
    text = json.dumps([type(optimiser).__qualname__, structure, _taken_apart(groups, arrays)])
    return arrays | {_STRUCTURE: np.frombuffer(text.encode(), dtype=np.uint8).copy()}


def restore(optimiser: torch.optim.Optimizer, arrays: State) -> None:
    """Takes an optimiser of the same parameters to a state that `arrays_of` gave.

    Raises:
        ValueError: these are no arrays of such an optimiser.
    """
    try:
        name, structure, groups = json.loads(arrays[_STRUCTURE].tobytes())
        state, own = _put_together(structure, arrays), optimiser.state_dict()["param_groups"]
        numbers = [number for group in own for number in group["params"]]
        if name != type(optimiser).__qualname__ or not state.keys() <= set(numbers):
            raise ValueError("another class, or other parameters")
        kept = zip(own, _put_together(groups, arrays), strict=True)
        optimiser.load_state_dict({"state": state, "param_groups": [{**mine, **k} for mine, k in kept]})
        # PyTorch turns what it loads to the parameters' type; a rate that was kept in another would go on as another.
        parameters = [value for group in optimiser.param_groups for value in group["params"]]
        for number, value in zip(numbers, parameters, strict=True):
            if number in state:
                optimiser.state[value] = _placed(state[number], optimiser.state[value])
    except (KeyError, TypeError, IndexError, AttributeError, RuntimeError, ValueError) as error:
        raise ValueError("its optimiser is another one") from error


def _taken_apart(value: Any, arrays: dict[str, Any]) -> Any:
    """Returns a value as JSON, each kind of container under its name; tensors go to ``arrays``."""
    if isinstance(value, Tensor):
        arrays[str(len(arrays))] = value.detach().cpu().numpy().copy()
        return {"tensor": str(len(arrays) - 1)}
    if isinstance(value, dict):
        return {"pairs": [[_taken_apart(key, arrays), _taken_apart(item, arrays)] for key, item in value.items()]}
    if isinstance(value, list | tuple):
        return {type(value).__name__: [_taken_apart(item, arrays) for item in value]}
    if value is None or isinstance(value, bool | int | float | str):
        return {"value": value}
    raise ValueError(f"its optimiser keeps a {type(value).__name__}, which no checkpoint holds")


def _put_together(value: Any, arrays: State) -> Any:
    ((kind, held),) = value.items()
    if kind == "tensor":
        return torch.from_numpy(arrays[held].copy())
    if kind == "pairs":
        return {_put_together(key, arrays): _put_together(item, arrays) for key, item in held}
    if kind in ("list", "tuple"):
        items = [_put_together(item, arrays) for item in held]
        return tuple(items) if kind == "tuple" else items
    return held


def _placed(value: Any, loaded: Any) -> Any:
    """Returns a value whose tensors lie on the devices of those that PyTorch loaded."""
    if isinstance(value, Tensor):
        return value.to(loaded.device)
    if isinstance(value, dict):
        return {key: _placed(item, loaded[key]) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_placed(item, other) for item, other in zip(value, loaded, strict=True))
    return value
