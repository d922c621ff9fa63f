"""One module of a network at given values of its parameters, in float64 and so that it can be differentiated twice."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.func import functional_call


def double(module: nn.Module) -> dict[str, Tensor]:
    """Returns parameters and buffers by name in float64, apart from the graph; a float64 parameter is not copied."""
    parameters = {name: _in_double(value) for name, value in module.named_parameters()}
    # A module may write to its buffers.
    return parameters | {name: _in_double(value).clone() for name, value in module.named_buffers()}


def _in_double(value: Tensor) -> Tensor:
    return value.detach().double() if value.is_floating_point() else value.detach()


def evaluate(module: nn.Module, values: dict[str, Tensor], inputs: Tensor) -> Tensor:
    """Returns the module's outputs at the values given."""
    if type(module) is nn.LayerNorm:
        return layer_norm(module, values, inputs)
    if getattr(module, "inplace", False):
        inputs = inputs.clone()
    outputs: Tensor = functional_call(module, values, (inputs,)) if values else module(inputs)
    return outputs


def layer_norm(module: nn.LayerNorm, values: dict[str, Tensor], inputs: Tensor) -> Tensor:
    """Returns a LayerNorm's outputs by elementary operations.

    The second derivative of PyTorch's own kernel takes a block of vectors one by one by reverse over reverse, and is
    silently wrong by forward mode over `torch.func.jacrev` (compare pytorch #196700).
    """
    over = tuple(range(-len(module.normalized_shape), 0))
    centred = inputs - inputs.mean(over, keepdim=True)
    outputs = centred * torch.rsqrt(centred.square().mean(over, keepdim=True) + module.eps)
    if "weight" in values:
        outputs = outputs * values["weight"]
    return outputs + values["bias"] if "bias" in values else outputs
