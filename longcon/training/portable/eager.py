"""A network trained by torch operations of one correct rounding each: any torch device, and the reference."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from longcon.training.gradient_norm import square
from longcon.training.portable.adamax import Adamax
from longcon.training.portable.adamax import steps as constants_of
from longcon.training.portable.layers import Kept, cross_entropy, softmax
from longcon.training.portable.model import portable_layers
from longcon.training.portable.network import Slot, Step
from longcon.training.reading import Reading
from longcon.training.recipe import Recipe


class EagerNetwork:
    """A model in portable arithmetic on the model's own device.

    Args:
        model: layers with a portable form; trained in place.
        recipe: the constants of Adamax.

    Raises:
        RecipeError: a layer has no portable form.
    """

    def __init__(self, model: nn.Sequential, recipe: Recipe) -> None:
        self._model, self._layers = model, portable_layers(model)
        self._optimiser = Adamax([value for layer in self._layers for value in layer.parameters()])
        self._recipe, self._steps = recipe, constants_of(recipe)
        self._reading: Reading | None = None

    def held(self, values: Tensor) -> Tensor:
        """Returns cases x features as `step` and `scores` take them."""
        return values

    def follow(self, reading: Reading) -> None:
        """Gives ``reading`` the first weight after every step from now on."""
        self._reading = reading

    @torch.no_grad()
    def step(self, inputs: Tensor, labels: Tensor, batch: slice, following: slice) -> Step:  # noqa: ARG002
        """Updates every parameter once.

        Args:
            inputs: what `held` returned of the training cases.
            labels: int64, one for each.
            batch: the minibatch.
            following: the next minibatch, of which only the compiled network makes use.
        """
        values, kept = self._forward(inputs[batch])
        losses, gradient = cross_entropy(values, labels[batch])
        gradients: list[Tensor] = []
        for number in reversed(range(len(self._layers))):
            layer = self._layers[number]
            gradients[:0] = layer.parameter_gradients(kept[number], gradient)
            # The cases' own gradient is of no use, and would cost as much as all the rest.
            if number > 0:
                gradient = layer.input_gradient(kept[number], gradient)
        self._optimiser.step(gradients, next(self._steps))
        if self._reading is not None:
            self._reading.read(self._layers[0].parameters()[0])
        return Step(losses, square(gradients))

    @torch.no_grad()
    def scores(self, inputs: Tensor) -> Tensor:
        """Returns the scores of Definition 1, cases x classes."""
        return softmax(self._forward(inputs)[0])

    def state(self) -> dict[str, Tensor]:
        """Returns the parameters by name."""
        return self._model.state_dict()

    def slots(self) -> list[Slot]:
        """Returns every parameter with its moment and norm, in the order of `state`."""
        return [Slot(*held) for held in self._optimiser.held]

    def resume(self, slots: Sequence[Slot], steps: int) -> None:
        """Goes on from what `slots` gave after a number of steps."""
        for held, slot in zip(self._optimiser.held, slots, strict=True):
            for mine, given in zip(held, slot, strict=True):
                mine.copy_(given)
        self._steps = constants_of(self._recipe, steps)

    def _forward(self, values: Tensor) -> tuple[Tensor, list[Kept]]:
        kept = []
        for layer in self._layers:
            values, needed = layer.forward(values)
            kept.append(needed)
        return values, kept
