"""Training in portable arithmetic: the same steps as native training, with bits that no device changes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from longcon.training.checkpoint import Carried, Checkpoint
from longcon.training.initialisation import State
from longcon.training.minibatches import minibatches
from longcon.training.ordering import Ordering
from longcon.training.portable.compiled import CompiledNetwork
from longcon.training.portable.eager import EagerNetwork
from longcon.training.portable.network import Network, Slot
from longcon.training.portable.sums import tree_sum
from longcon.training.recipe import Recipe
from longcon.training.recorder import Recorder


class PortableTrainer:
    """One network with its optimiser and data, in portable arithmetic.

    Args:
        recipe: what fixes the training in software.
        model: holds the initial values, in ``ordering``; trained in place.
        values: measurements of the training cases in the order in which they are visited, cases x features.
        labels: int64, one for each case.
        device: where to train.
        ordering: the order of sums; an order surrogate changes the bits of portable sums too, by design.
        compiled: whether to train by compiled kernels, which take a CPU and a model that begins with Linear; where they
            can be had when None.
        recorder: what is kept of every step; nothing when None.

    Raises:
        RecipeError: a layer of the model has no portable form.
    """

    def __init__(
        self,
        recipe: Recipe,
        model: nn.Sequential,
        values: NDArray[np.floating],
        labels: NDArray[np.int64],
        device: torch.device,
        ordering: Ordering,
        *,
        compiled: bool | None = None,
        recorder: Recorder | None = None,
    ) -> None:
        self._recipe, self._device, self._ordering, self.recorder = recipe, device, ordering, recorder
        wanted = device.type == "cpu" if compiled is None else compiled
        use_compiled = wanted and type(model[0]) is nn.Linear
        self._network: Network = (CompiledNetwork if use_compiled else EagerNetwork)(model, recipe)
        self._inputs = self.on_device(values)
        self._labels = torch.from_numpy(labels).to(device)
        self._batches = minibatches(len(labels), recipe.k)
        if recorder is not None:
            self._network.follow(recorder.reading)

    def on_device(self, values: NDArray[np.floating]) -> Tensor:
        """Returns measurements in the recipe's precision and order, on the device, as `scores` takes them."""
        tensor = torch.from_numpy(self._ordering.of_values(values))
        return self._network.held(tensor.to(getattr(torch, self._recipe.dtype)).to(self._device))

    def epoch(self) -> float:
        """Trains one epoch and returns its mean training loss."""
        # Every epoch visits the cases alike, so the first minibatch follows the last.
        following = [*self._batches[1:], self._batches[0]]
        losses = [self._step(batch, after) for batch, after in zip(self._batches, following, strict=True)]
        return float(tree_sum(torch.cat(losses))) / len(self._labels)

    def _step(self, batch: slice, following: slice) -> Tensor:
        """Updates every parameter once and returns the losses of the minibatch's cases before it."""
        losses, gradient_square = self._network.step(self._inputs, self._labels, batch, following)
        if self.recorder is not None:
            self.recorder.step(losses.double().mean(), gradient_square)
            self.recorder.state()
        return losses

    def scores(self, inputs: Tensor) -> NDArray[np.floating]:
        """Returns the scores of Definition 1, cases x classes."""
        result: NDArray[np.floating] = self._network.scores(inputs).cpu().numpy()
        return result

    def state(self) -> State:
        """Returns a copy of the parameters in natural order."""
        return self._natural(self._network.state())

    def carried(self) -> Carried:
        """Returns a copy of what a finished epoch hands to the next."""
        names, slots = list(self._network.state()), self._network.slots()
        columns = ([getattr(slot, what) for slot in slots] for what in Slot._fields)
        return Carried(*(self._natural(dict(zip(names, column, strict=True))) for column in columns))

    def resume(self, checkpoint: Checkpoint) -> None:
        """Takes the trainer, still at its initial state, to where the checkpoint was made.

        Raises:
            ValueError: the checkpoint is of another network or of other cases; the text says why.
        """
        carried, steps = checkpoint.carried, checkpoint.epoch * len(self._batches)
        carried.fits(self.state())
        held = [self._ordering.of_state(values) for values in (carried.parameters, carried.moments, carried.norms)]
        names = list(self._network.state())
        self._network.resume([Slot(*(torch.from_numpy(values[name]) for values in held)) for name in names], steps)
        if self.recorder is not None:
            self.recorder.resume(checkpoint.recorded, steps)

    def _natural(self, held: Mapping[str, Tensor]) -> State:
        """Returns a copy of held numbers, in natural order."""
        return self._ordering.undone({name: value.cpu().numpy().copy() for name, value in held.items()})
