"""States: a model's parameters and buffers as arrays by name."""

from __future__ import annotations

import torch
from torch import nn

from longcon.training.initialisation import State

# Running statistics decide calls and belong to the state; they are no parameters, and no angle is taken of them.
BUFFERS = "buffers/"


def state_of(model: nn.Module) -> State:
    """Returns a copy of the parameters by name, and of the persistent buffers behind ``buffers/``."""
    held = model.state_dict()
    parameters = {name for name, _ in model.named_parameters(remove_duplicate=False)}
    names = {name: name if name in parameters else BUFFERS + name for name in held}
    return {names[name]: value.detach().cpu().numpy().copy() for name, value in held.items()}


def take_state(model: nn.Module, state: State) -> None:
    """Gives the model the values of a state, in place.

    Raises:
        RuntimeError: the state is of another model; the text says how, in PyTorch's words.
    """
    model.load_state_dict({name.removeprefix(BUFFERS): torch.from_numpy(value) for name, value in state.items()})


def parameters_of(state: State) -> State:
    """Returns the parameters of a state, without its buffers."""
    return {name: value for name, value in state.items() if not name.startswith(BUFFERS)}
