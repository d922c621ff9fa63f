"""States: what a model trains, and what it holds besides, as arrays by name."""

from __future__ import annotations

import torch
from torch import nn

from longcon.training.initialisation import State

# Running statistics, frozen layers and second names of one parameter decide calls and belong to the state. An angle is
# taken of what is trained alone, once: what cannot change would hide how far that has turned.
BUFFERS = "buffers/"


def trained_parameters(model: nn.Module) -> dict[str, nn.Parameter]:
    """Returns the parameters that require a gradient by name, each once."""
    return {name: value for name, value in model.named_parameters() if value.requires_grad}


def state_of(model: nn.Module) -> State:
    """Returns a copy of the trained parameters by name, and of all else that the model keeps behind ``buffers/``."""
    held, trained = model.state_dict(), trained_parameters(model)
    names = {name: name if name in trained else BUFFERS + name for name in held}
    return {names[name]: value.detach().cpu().numpy().copy() for name, value in held.items()}


def take_state(model: nn.Module, state: State) -> None:
    """Gives the model the values of a state, in place.

    Raises:
        RuntimeError: the state is of another model; the text says how, in PyTorch's words.
    """
    model.load_state_dict({name.removeprefix(BUFFERS): torch.from_numpy(value) for name, value in state.items()})


def parameters_of(state: State) -> State:
    """Returns what of a state was trained."""
    return {name: value for name, value in state.items() if not name.startswith(BUFFERS)}
