"""The portable form of a PyTorch model: its layers one by one, or a refusal that names the layer without one."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from longcon.errors import RecipeError
from longcon.training.portable.layers import Layer, LayerNorm, Linear, ReLU, Softshrink


def portable_layers(model: nn.Sequential) -> tuple[Layer, ...]:
    """Returns the model's layers in portable arithmetic.

    Their parameters are the model's own tensors, so that training them trains the model and its state_dict is the
    state.

    Args:
        model: Linear, LayerNorm over the units, Softshrink and ReLU, in any order, float64 or float32.

    Raises:
        RecipeError: a layer has no portable form.
    """
    one = next(model.parameters(), torch.ones(())).detach()
    return tuple(_portable(number, module, one) for number, module in enumerate(model))


def _portable(number: int, module: nn.Module, one: Tensor) -> Layer:
    """Returns the portable form of a layer whose constants are of the dtype and on the device of ``one``."""
    # The exact class: a subclass may compute anything.
    match module:
        case nn.Linear(bias=Tensor()) if type(module) is nn.Linear:
            return Linear(module.weight.detach(), module.bias.detach())
        case nn.LayerNorm(bias=Tensor(), normalized_shape=(_,)) if type(module) is nn.LayerNorm:
            return LayerNorm(module.weight.detach(), module.bias.detach(), one.new_tensor(module.eps))
        case nn.Softshrink() if type(module) is nn.Softshrink:
            return Softshrink(one.new_tensor(module.lambd))
        case nn.ReLU() if type(module) is nn.ReLU:
            return ReLU()
    raise RecipeError(
        f"Layer {number}, {_described(module)}, has no portable form: "
        f"use Linear, LayerNorm, Softshrink or ReLU, or --arithmetic=native."
    )


def _described(module: nn.Module) -> str:
    name = type(module).__name__
    if isinstance(module, nn.LayerNorm) and len(module.normalized_shape) != 1:
        return f"{name} over {len(module.normalized_shape)} dimensions"
    if isinstance(module, nn.Linear | nn.LayerNorm) and module.bias is None:
        return f"{name} without bias"
    return name
