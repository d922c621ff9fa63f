"""The exact reduction of one minibatch's Hessian: the few coordinates outside of which it vanishes.

Let H (k x d) be the inputs of a Linear layer on a minibatch, with a column of ones for the bias, and D (k x u) the
gradient of the loss with respect to the layer's outputs. The loss sees the weights and bias W (u x d) only through
H W^T, so its derivative with respect to W is D^T H, and a step in any direction of all parameters changes that by

    (dD)^T H + D^T (dH).

So the Hessian's range holds, of W, only P Qh^T + Qd C Z^T, where the columns of Qh span the rows of H, those of Qd the
rows of D, and Z completes Qh; as it is symmetric, it vanishes on everything else. The bases are orthonormal, so
eigenvalues, and angles between gradient and eigenvectors, are those of the full space. The inputs of the first layer
depend on no parameter, dH = 0, and P alone remains: 51,000 x 128 weights become k x 128 coordinates.

Householder's QR gives orthonormal columns whatever the rank, so tied and collinear cases need nothing of their own: a
direction too many is one on which the Hessian is zero.

A unit that ReLU or Softshrink holds at zero for every case of the minibatch passes nothing on, here or nearby: the
parameters that feed it alone, and the weights that read it, cannot change the loss. They take no coordinates either.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import torch
from torch import Tensor, nn

from longcon.curvature.evaluation import double, evaluate
from longcon.curvature.hessian import Loss

# Their output is zero just where their slope is.
GATES = (nn.ReLU, nn.Softshrink)


class Part(Protocol):
    """One module of the network on one minibatch, displaced from its parameters by coordinates.

    Attributes:
        size: number of coordinates, those that change nothing included.
        alive: bool, one for each coordinate; False where it cannot change the loss.
    """

    size: int
    alive: Tensor

    def __call__(self, coordinates: Tensor, inputs: Tensor) -> Tensor:
        """Returns the module's outputs at the displaced parameters."""

    def position(self) -> Tensor:
        """Returns the coordinates of the parameters themselves, projected orthogonally."""

    def lift(self, coordinates: Tensor) -> Tensor:
        """Returns displacements of the module's flat parameters, parameters x b, from coordinates, size x b."""


class FirstLinear:
    """The first layer: only the rows of its inputs are seen.

    Args:
        layer: the layer, on any dtype.
        inputs: float64, k x features.
    """

    def __init__(self, layer: nn.Linear, inputs: Tensor) -> None:
        self._layer = layer
        self._seen: Tensor
        mixed: Tensor
        self._seen, mixed = torch.linalg.qr(_with_ones(inputs, layer).T)
        # H W^T = mixed^T (W Qh)^T: the weights are read once.
        self._weights = _product(layer, self._seen)
        self._mixed = mixed.T
        self.outputs = self._mixed @ self._weights.T
        self.size = self._weights.numel()
        self.alive = torch.ones(self.size, dtype=torch.bool, device=inputs.device)

    def close(self, open_outputs: Tensor) -> None:
        """Drops the coordinates of units that a gate holds at zero for every case; bool, one for each unit."""
        self.alive = open_outputs.repeat_interleave(self._weights.shape[1])

    def __call__(self, coordinates: Tensor, inputs: Tensor) -> Tensor:  # noqa: ARG002
        """Returns the layer's outputs, k x units; the inputs are those that it was made with."""
        return self.outputs + self._mixed @ coordinates.view(self._weights.shape).T

    def position(self) -> Tensor:
        """Returns W Qh."""
        return self._weights.flatten()

    def lift(self, coordinates: Tensor) -> Tensor:
        """Returns P Qh^T, split into weights and bias."""
        directions = coordinates.view(*self._weights.shape, -1)
        return _split(torch.einsum("urb,dr->udb", directions, self._seen), self._layer)


class HiddenLinear:
    """A later Linear layer: what it sees, and what pulls on it.

    Args:
        layer: the layer, on any dtype.
        inputs: float64, k x incoming.
        pull: float64, k x units; gradient of the loss with respect to the layer's outputs.
        open_inputs: bool, one for each input; False where a gate holds it at zero for every case.
        open_outputs: the same of the units.
    """

    def __init__(
        self, layer: nn.Linear, inputs: Tensor, pull: Tensor, open_inputs: Tensor, open_outputs: Tensor
    ) -> None:
        self._layer = layer
        parameters = double(layer)
        self._weight, self._bias = parameters["weight"], parameters.get("bias")
        inputs = _with_ones(inputs, layer)
        columns = torch.cat([open_inputs, open_inputs.new_ones(inputs.shape[1] - len(open_inputs))]).nonzero()[:, 0]
        cases, width, units = len(inputs), len(columns), len(self._weight)
        whole = cases >= min(units, width)
        basis = torch.eye(width).to(inputs) if whole else torch.linalg.qr(inputs[:, columns].T, mode="complete")[0]
        self._seen = width if whole else cases
        self._pulled: Tensor | None = None if whole else torch.linalg.qr(pull.T)[0]
        self._basis = inputs.new_zeros(inputs.shape[1], width).index_copy(0, columns, basis)
        self._corner = units * self._seen
        crossed = 0 if whole else cases * (width - cases)
        self.size = self._corner + crossed
        self.alive = torch.cat([open_outputs.repeat_interleave(self._seen), open_outputs.new_ones(crossed)])

    def __call__(self, coordinates: Tensor, inputs: Tensor) -> Tensor:
        """Returns the layer's outputs, k x units."""
        outputs = nn.functional.linear(inputs, self._weight, self._bias)
        turned = _with_ones(inputs, self._layer) @ self._basis
        outputs = outputs + turned[:, : self._seen] @ coordinates[: self._corner].view(len(self._weight), self._seen).T
        if self._pulled is None:
            return outputs
        crossed = coordinates[self._corner :].view(self._pulled.shape[1], -1)
        return outputs + turned[:, self._seen :] @ crossed.T @ self._pulled.T

    def position(self) -> Tensor:
        """Returns W Qh and Qd^T W Z."""
        turned = _product(self._layer, self._basis)
        seen = turned[:, : self._seen].flatten()
        if self._pulled is None:
            return seen
        return torch.cat([seen, (self._pulled.T @ turned[:, self._seen :]).flatten()])

    def lift(self, coordinates: Tensor) -> Tensor:
        """Returns P Qh^T + Qd C Z^T, split into weights and bias."""
        vectors = coordinates.shape[1]
        seen = coordinates[: self._corner].view(len(self._weight), self._seen, vectors)
        weights = torch.einsum("urb,dr->udb", seen, self._basis[:, : self._seen])
        if self._pulled is not None:
            crossed = coordinates[self._corner :].view(self._pulled.shape[1], -1, vectors)
            weights = weights + torch.einsum("uq,qsb,ds->udb", self._pulled, crossed, self._basis[:, self._seen :])
        return _split(weights, self._layer)


class Whole:
    """A module whose parameters are all kept, such as a LayerNorm.

    Args:
        module: the module, on any dtype.
        open_outputs: bool, one for each output of a LayerNorm; False where a gate holds it at zero for every case.
    """

    def __init__(self, module: nn.Module, open_outputs: Tensor) -> None:
        self._module = module
        self._parameters = double(module)
        self._names = [name for name, _ in module.named_parameters()]
        shapes = [self._parameters[name].shape for name in self._names]
        self._lengths = [shape.numel() for shape in shapes]
        self.size = sum(self._lengths)
        elementwise = isinstance(module, nn.LayerNorm) and all(shape == open_outputs.shape for shape in shapes)
        self.alive = open_outputs.repeat(len(shapes)) if elementwise else open_outputs.new_ones(self.size)

    def __call__(self, coordinates: Tensor, inputs: Tensor) -> Tensor:
        """Returns the module's outputs."""
        if not self._names:
            return evaluate(self._module, self._parameters, inputs)
        displaced = dict(self._parameters)
        for name, step in zip(self._names, torch.split(coordinates, self._lengths), strict=True):
            displaced[name] = displaced[name] + step.view(displaced[name].shape)
        return evaluate(self._module, displaced, inputs)

    def position(self) -> Tensor:
        """Returns the parameters."""
        none = self.alive.new_empty(0, dtype=torch.float64)
        return torch.cat([none, *(self._parameters[name].flatten() for name in self._names)])

    def lift(self, coordinates: Tensor) -> Tensor:
        """Returns the coordinates, which are the parameters."""
        return coordinates


def parts(model: nn.Sequential, inputs: Tensor, labels: Tensor, loss: Loss) -> Iterator[Part]:
    """Yields the modules of a network in the coordinates of one minibatch.

    Args:
        model: its first module is a Linear layer.
        inputs: float64, k x features.
        labels: what the loss compares with.
        loss: the loss of outputs and labels, a scalar.
    """
    layer, *later = model
    assert isinstance(layer, nn.Linear)
    first = FirstLinear(layer, inputs)
    values = [first.outputs.detach().requires_grad_()]
    for module in later:
        values.append(evaluate(module, double(module), values[-1]))
    pulls = torch.autograd.grad(loss(values[-1], labels), values, materialize_grads=True)
    values = [value.detach() for value in values]
    first.close(_onward(model, values, 0))
    yield first
    for at, module in enumerate(later, start=1):
        onward = _onward(model, values, at)
        if type(module) is nn.Linear and values[at - 1].ndim == 2:
            inward = _onward(model, values, at - 2) if type(model[at - 1]) in GATES else _all_open(values[at - 1])
            yield HiddenLinear(module, values[at - 1], pulls[at], inward, onward)
        else:
            yield Whole(module, onward)


def _onward(model: nn.Sequential, values: list[Tensor], at: int) -> Tensor:
    """Returns, for each output of a module, False where the gate behind it holds it at zero for every case."""
    if at + 1 < len(values) and type(model[at + 1]) in GATES:
        return values[at + 1].any(0)
    return _all_open(values[at])


def _all_open(values: Tensor) -> Tensor:
    return torch.ones_like(values[0], dtype=torch.bool)


def _with_ones(inputs: Tensor, layer: nn.Linear) -> Tensor:
    """Returns the inputs with a column of ones where the layer has a bias."""
    return inputs if layer.bias is None else torch.cat([inputs, inputs.new_ones(len(inputs), 1)], dim=1)


def _product(layer: nn.Linear, columns: Tensor) -> Tensor:
    """Returns the layer's weights and bias times the columns."""
    weight = layer.weight.detach().double()
    if layer.bias is None:
        return weight @ columns
    return torch.addmm(layer.bias.detach().double()[:, None] * columns[-1], weight, columns[:-1])


def _split(augmented: Tensor, layer: nn.Linear) -> Tensor:
    """Returns units x augmented inputs x b as flat weights, then biases."""
    incoming = layer.in_features
    return torch.cat([augmented[:, :incoming].flatten(0, 1), augmented[:, incoming:].flatten(0, 1)])
