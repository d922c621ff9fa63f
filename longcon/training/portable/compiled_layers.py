"""The layers of a compiled network: each remembers its last minibatch and takes its own parameters one step on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from longcon.training.gradient_norm import gram, outer_square
from longcon.training.portable import layers as eager
from longcon.training.portable import linear_kernels, unit_kernels
from longcon.training.portable.network import Slot
from longcon.training.portable.scalar_kernels import Values
from longcon.training.portable.sums import chunk_length
from longcon.training.reading import Reading


class Parameter(Protocol):
    """A parameter with what Adamax remembers of it, laid as the kernels take them."""

    def slot(self) -> Slot:
        """Returns copies, or the memory itself, laid as the module lays the parameter."""

    def resume(self, slot: Slot) -> None:
        """Takes over what `slot` gave."""


class CompiledLayer(Protocol):
    """A layer that remembers what its last minibatch's backward pass needs."""

    def forward(self, inputs: Values) -> Values:
        """Returns the outputs, cases x units."""

    def backward(self, gradient: Values, constants: Values) -> tuple[Values, float]:
        """Returns the gradient of the inputs and the squared norm of the parameters', and takes them one step on."""

    def held_parameters(self) -> list[Parameter]:
        """Returns its parameters in the order of the module's."""


class _Vector:
    """A vector of parameters, updated in the module's own memory."""

    def __init__(self, values: Tensor) -> None:
        self.values: Values = values.numpy()
        self._moment, self._norm = np.zeros_like(self.values), np.zeros_like(self.values)

    def update(self, terms: Values, constants: Values) -> float:
        return unit_kernels.update_vector(self.values, self._moment, self._norm, terms, constants)

    def slot(self) -> Slot:
        return Slot(*map(torch.from_numpy, (self.values, self._moment, self._norm)))

    def resume(self, slot: Slot) -> None:
        for mine, given in zip((self.values, self._moment, self._norm), slot, strict=True):
            mine[:] = given.numpy()


class _Tiles:
    """A matrix of weights with its moments and norms in tiles; the module's own weight follows when it is told to."""

    def __init__(self, weight: Tensor) -> None:
        self.weight, self.length = weight, chunk_length(weight.shape[1])
        self._of_module: Values = weight.numpy()
        self.values = linear_kernels.tiled(self._of_module, self.length)
        self.moments, self.norms = np.zeros_like(self.values), np.zeros_like(self.values)

    def write_back(self) -> None:
        np.copyto(self._of_module, self._rows(self.values))

    def slot(self) -> Slot:
        moments, norms = (torch.from_numpy(np.ascontiguousarray(self._rows(t))) for t in (self.moments, self.norms))
        return Slot(self.weight, moments, norms)

    def resume(self, slot: Slot) -> None:
        self.weight.copy_(slot.value)
        for mine, given in zip((self.values, self.moments, self.norms), slot, strict=True):
            mine[:] = linear_kernels.tiled(given.numpy(), self.length)

    def _rows(self, tiles: Values) -> Values:
        units, inputs = self.weight.shape
        return tiles.transpose(1, 0, 2).reshape(units, -1)[:, :inputs]


class Linear:
    """A fully connected layer whose weights lie in tiles."""

    def __init__(self, layer: eager.Linear) -> None:
        self._tiles, self._bias = _Tiles(layer.weight), _Vector(layer.bias)
        self._inputs = self._tiles.values[:, :0]
        self._grams: dict[int, Tensor] = {}
        no_keys = no_hashes = np.empty(0, dtype=np.uint64)
        self._reading = no_keys, np.empty((0, 0), dtype=np.uint8), np.empty(0), no_hashes

    def follow(self, reading: Reading) -> None:
        """Reads the weights after every update from now on."""
        self._reading = reading.of_tiles()

    def held(self, cases: Values) -> Values:
        """Returns cases x inputs as chunks x cases x chunk length."""
        return linear_kernels.tiled(cases, self._tiles.length)

    def products(self, held: Values, batch: slice) -> Values:
        """Returns the products of held cases with the weights, chunk by chunk."""
        return linear_kernels.products(self._tiles.values, held, batch.start, batch.stop)

    def outputs(self, products: Values) -> Values:
        """Returns the outputs, cases x units, from `products`."""
        return linear_kernels.outputs(products, self._bias.values)

    def update(
        self, held: Values, batch: slice, following: slice, gradient: Values, constants: Values
    ) -> tuple[Values, float]:
        """Takes weight and bias one step on.

        Returns:
            The products of the following minibatch, and the squared norm of the gradient of weight and bias.
        """
        inner = self._gram(held, batch)
        square = self._bias.update(gradient, constants) + float(outer_square(torch.from_numpy(gradient), inner))
        products = linear_kernels.pass_over_weights(
            self._tiles.values,
            self._tiles.moments,
            self._tiles.norms,
            held,
            batch.start,
            gradient,
            following.start,
            following.stop,
            constants,
            self._reading,
        )
        return products, square

    def forward(self, inputs: Values) -> Values:
        """Returns the outputs of cases that were not held beforehand."""
        self._inputs = self.held(inputs)
        return self.outputs(self.products(self._inputs, slice(0, len(inputs))))

    def backward(self, gradient: Values, constants: Values) -> tuple[Values, float]:
        """Returns the gradient of the inputs and the squared norm of the parameters', and takes them one step on."""
        inputs = linear_kernels.input_gradient(self._tiles.values, gradient, self._tiles.weight.shape[1])
        _, square = self.update(self._inputs, slice(0, len(gradient)), slice(0, 0), gradient, constants)
        return inputs, square

    def write_back(self) -> None:
        """Writes the weights from the tiles to the module."""
        self._tiles.write_back()

    def held_parameters(self) -> list[Parameter]:
        """Returns weight and bias."""
        return [self._tiles, self._bias]

    def _gram(self, held: Values, batch: slice) -> Tensor:
        """Returns the inner products of a minibatch; those of cases held for the whole training are made once."""
        if held is not self._inputs and batch.start in self._grams:
            return self._grams[batch.start]
        cases = held[:, batch].transpose(1, 0, 2).reshape(batch.stop - batch.start, -1)
        inner = gram(torch.from_numpy(np.ascontiguousarray(cases)))
        if held is not self._inputs:
            self._grams[batch.start] = inner
        return inner


class _LayerNorm:
    def __init__(self, layer: eager.LayerNorm) -> None:
        self._weight, self._bias = _Vector(layer.weight), _Vector(layer.bias)
        self._constants = _constants(layer.weight, len(layer.weight), layer.epsilon.item())
        self._normal = self._roots = self._weight.values

    def forward(self, inputs: Values) -> Values:
        outputs, self._normal, self._roots = unit_kernels.normalised(
            inputs, self._weight.values, self._bias.values, self._constants
        )
        return outputs

    def backward(self, gradient: Values, constants: Values) -> tuple[Values, float]:
        inputs, of_weight = unit_kernels.norm_gradients(
            gradient, self._weight.values, self._normal, self._roots, self._constants
        )
        square = self._weight.update(of_weight, constants) + self._bias.update(gradient, constants)
        return inputs, square

    def held_parameters(self) -> list[Parameter]:
        return [self._weight, self._bias]


class _Threshold:
    """Softshrink, or ReLU when no threshold is given."""

    def __init__(self, threshold: Tensor | None) -> None:
        self._constants = None if threshold is None else _constants(threshold, threshold.item(), 1)

    def forward(self, inputs: Values) -> Values:
        if self._constants is None:
            outputs, self._passes = unit_kernels.rectified(inputs)
        else:
            outputs, self._passes = unit_kernels.shrunk(inputs, self._constants)
        return outputs

    def backward(self, gradient: Values, constants: Values) -> tuple[Values, float]:  # noqa: ARG002 - no parameters
        return unit_kernels.passed(gradient, self._passes), 0.0

    def held_parameters(self) -> list[Parameter]:
        return []


def compiled(layer: eager.Layer) -> CompiledLayer:
    """Returns the compiled form of a portable layer."""
    if isinstance(layer, eager.Linear):
        return Linear(layer)
    if isinstance(layer, eager.LayerNorm):
        return _LayerNorm(layer)
    return _Threshold(layer.threshold if isinstance(layer, eager.Softshrink) else None)


def _constants(like: Tensor, *numbers: float) -> Values:
    values: Iterable[Any] = numbers
    return np.array(list(values), dtype=like.numpy().dtype)
