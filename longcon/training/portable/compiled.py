"""A network trained by compiled kernels on the CPU: the bits of the eager network, in a fraction of its time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import astuple

import numpy as np
import torch
from torch import Tensor, nn

from longcon.training.portable import layers as eager
from longcon.training.portable import unit_kernels
from longcon.training.portable.adamax import steps as constants_of
from longcon.training.portable.compiled_layers import CompiledLayer, Linear, compiled
from longcon.training.portable.model import portable_layers
from longcon.training.portable.network import Slot, Step
from longcon.training.portable.scalar_kernels import Values
from longcon.training.reading import Reading
from longcon.training.recipe import Recipe


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
        self._first, self._rest = Linear(first), [compiled(layer) for layer in rest]
        self._recipe, self._steps = recipe, constants_of(recipe)
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
        if self._followed:
            # Before the first layer's update drives them from the cache.
            self._write_back(self._rest)
        products, square = self._first.update(held, batch, following, gradient, constants)
        self._ready = (following, products)
        return Step(torch.from_numpy(losses), torch.tensor(total + square, dtype=torch.float64))

    def scores(self, inputs: Tensor) -> Tensor:
        """Returns the scores of Definition 1, cases x classes."""
        products = self._first.products(inputs.numpy(), slice(0, inputs.shape[1]))
        return eager.softmax(torch.from_numpy(self._later(self._first.outputs(products))))

    def state(self) -> dict[str, Tensor]:
        """Returns the parameters by name."""
        self._write_back(self._layers)
        return self._model.state_dict()

    def slots(self) -> list[Slot]:
        """Returns every parameter with its moment and norm, in the order of `state`."""
        self._write_back(self._layers)
        return [held.slot() for layer in self._layers for held in layer.held_parameters()]

    def resume(self, slots: Sequence[Slot], steps: int) -> None:
        """Goes on from what `slots` gave after a number of steps."""
        parameters = [held for layer in self._layers for held in layer.held_parameters()]
        for held, slot in zip(parameters, slots, strict=True):
            held.resume(slot)
        self._steps, self._ready = constants_of(self._recipe, steps), None

    @property
    def _layers(self) -> list[CompiledLayer]:
        return [self._first, *self._rest]

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
