"""A network trained by compiled kernels on the CPU: the bits of the eager network, in a fraction of its time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from longcon.training.gradient_norm import gram, outer_square
from longcon.training.portable import layers as eager
from longcon.training.portable import linear_kernels, unit_kernels
from longcon.training.portable.adamax import steps
from longcon.training.portable.model import portable_layers
from longcon.training.portable.network import Step
from longcon.training.portable.scalar_kernels import Values
from longcon.training.portable.sums import chunk_length
from longcon.training.reading import Reading
from longcon.training.recipe import Recipe


class CompiledLayer(Protocol):
    """A layer that remembers what its last minibatch's backward pass needs."""

    def forward(self, inputs: Values) -> Values:
        """Returns the outputs, cases x units."""

    def backward(self, gradient: Values, constants: Values) -> tuple[Values, float]:
        """Returns the gradient of the inputs and the squared norm of the parameters', and takes them one step on."""


class _Vector:
    """A vector of parameters, updated in the module's own memory."""

    def __init__(self, values: Tensor) -> None:
        self.values: Values = values.numpy()
        self._moment, self._norm = np.zeros_like(self.values), np.zeros_like(self.values)

    def update(self, terms: Values, constants: Values) -> float:
        return unit_kernels.update_vector(self.values, self._moment, self._norm, terms, constants)


class Linear:
    """A fully connected layer whose weights lie in tiles."""

    def __init__(self, layer: eager.Linear) -> None:
        self._weight = layer.weight
        self._length = chunk_length(layer.weight.shape[1])
        self._tiles = self.held(layer.weight.numpy())
        self._moments, self._norms = np.zeros_like(self._tiles), np.zeros_like(self._tiles)
        self._bias = _Vector(layer.bias)
        self._inputs = self._tiles[:, :0]
        self._grams: dict[int, Tensor] = {}
        no_keys, no_codes = np.empty((2, 0), dtype=np.uint32), np.empty((0, 0), dtype=np.uint8)
        self._reading = no_keys, no_codes, np.empty(0), np.empty(0, dtype=np.uint64)

    def follow(self, reading: Reading) -> None:
        """Reads the weights after every update from now on."""
        self._reading = reading.of_tiles()

    def held(self, cases: Values) -> Values:
        """Returns cases x inputs as chunks x cases x chunk length."""
        return linear_kernels.tiled(cases, self._length)

    def products(self, held: Values, batch: slice) -> Values:
        """Returns the products of held cases with the weights, chunk by chunk."""
        return linear_kernels.products(self._tiles, held, batch.start, batch.stop)

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
            self._tiles,
            self._moments,
            self._norms,
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
        inputs = linear_kernels.input_gradient(self._tiles, gradient, self._weight.shape[1])
        _, square = self.update(self._inputs, slice(0, len(gradient)), slice(0, 0), gradient, constants)
        return inputs, square

    def write_back(self) -> None:
        """Writes the weights from the tiles to the module."""
        units, inputs = self._weight.shape
        rows = self._tiles.transpose(1, 0, 2).reshape(units, -1)[:, :inputs]
        self._weight.copy_(torch.from_numpy(np.ascontiguousarray(rows)))

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


class CompiledNetwork:
    """A model on the CPU in portable arithmetic, compiled.

    Args:
        model: layers with a portable form, the first of them Linear; holds the parameters when `state` is asked for.
        recipe: the constants of Adamax.

    Raises:
        RecipeError: a layer has no portable form.
    """

    def __init__(self, model: nn.Sequential, recipe: Recipe) -> None:
        first, *rest = portable_layers(model)
        assert isinstance(first, eager.Linear)
        self._model, self._dtype = model, np.dtype(recipe.dtype)
        self._first, self._rest = Linear(first), [_compiled(layer) for layer in rest]
        self._steps = steps(recipe)
        self._case_counts: dict[int, Values] = {}
        self._ready: tuple[slice, Values] | None = None
        self._followed = False

    def held(self, values: Tensor) -> Tensor:
        """Returns cases x features as `step` and `scores` take them: in tiles."""
        return torch.from_numpy(self._first.held(values.contiguous().numpy()))

    def follow(self, reading: Reading) -> None:
        """Gives ``reading`` the first weight after every step from now on."""
        self._followed = True
        self._first.follow(reading)

    def step(self, inputs: Tensor, labels: Tensor, batch: slice, following: slice) -> Step:
        """Updates every parameter once.

        Args:
            inputs: what `held` returned of the training cases, the same at every step.
            labels: int64, one for each.
            batch: the minibatch.
            following: the minibatch of the next step.
        """
        held = inputs.numpy()
        if self._ready is None or self._ready[0] != batch:
            self._ready = (batch, self._first.products(held, batch))
        logits = self._later(self._first.outputs(self._ready[1]))
        losses, gradient = unit_kernels.cross_entropies(logits, labels.numpy()[batch], self._counts(len(logits)))
        constants = np.array(astuple(next(self._steps)), dtype=self._dtype)
        total = 0.0
        for layer in reversed(self._rest):
            gradient, square = layer.backward(gradient, constants)
            total += square
        products, square = self._first.update(held, batch, following, gradient, constants)
        self._ready = (following, products)
        if self._followed:
            self._write_back(self._rest)
        return Step(torch.from_numpy(losses), torch.tensor(total + square, dtype=torch.float64))

    def scores(self, inputs: Tensor) -> Tensor:
        """Returns the scores of Definition 1, cases x classes."""
        products = self._first.products(inputs.numpy(), slice(0, inputs.shape[1]))
        return eager.softmax(torch.from_numpy(self._later(self._first.outputs(products))))

    def state(self) -> dict[str, Tensor]:
        """Returns the parameters by name."""
        self._write_back([self._first, *self._rest])
        return self._model.state_dict()

    @torch.no_grad()
    def _write_back(self, layers: Iterable[CompiledLayer]) -> None:
        for layer in layers:
            if isinstance(layer, Linear):
                layer.write_back()

    def _later(self, values: Values) -> Values:
        for layer in self._rest:
            values = layer.forward(values)
        return values

    def _counts(self, cases: int) -> Values:
        if cases not in self._case_counts:
            self._case_counts[cases] = np.array([1, cases], dtype=self._dtype)
        return self._case_counts[cases]


def _compiled(layer: eager.Layer) -> CompiledLayer:
    if isinstance(layer, eager.Linear):
        return Linear(layer)
    if isinstance(layer, eager.LayerNorm):
        return _LayerNorm(layer)
    return _Threshold(layer.threshold if isinstance(layer, eager.Softshrink) else None)


def _constants(like: Tensor, *numbers: float) -> Values:
    values: Iterable[Any] = numbers
    return np.array(list(values), dtype=like.numpy().dtype)
