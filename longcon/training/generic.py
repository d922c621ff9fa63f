"""Training of any model by any optimiser: PyTorch's own operations, step by step (paper, equation 1)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from longcon.errors import BuildError, RecipeError
from longcon.training.checkpoint import Carried, Checkpoint, require_like
from longcon.training.gradient_norm import square
from longcon.training.host_draws import HostDraws, own_generators
from longcon.training.initialisation import State
from longcon.training.layout import first_of, wide
from longcon.training.method import Method, loss_of
from longcon.training.minibatches import minibatches
from longcon.training.optimiser_state import arrays_of, restore
from longcon.training.ordering import Ordering
from longcon.training.recipe import Recipe
from longcon.training.recorder import Recorder
from longcon.training.state import state_of, take_state, trained_parameters


class GenericTrainer:
    """One model with its optimiser and data on one device.

    Its parameters have the bits that a plain loop gives: zero_grad, loss, backward, step. Whatever the model draws in a
    step, such as a dropout mask, it draws from a stream of that step's own, so that a resumed training draws the same.

    Args:
        recipe: what fixes the training in software.
        method: loss and optimiser.
        model: on ``device``, holds the initial values in ``ordering``; trained in place.
        values: measurements of the training cases in the order in which they are visited, cases x features.
        labels: int64, one for each case.
        device: where to train.
        ordering: the order of sums.
        recorder: what is kept of every step; nothing when None.
    """

    def __init__(
        self,
        recipe: Recipe,
        method: Method,
        model: nn.Module,
        values: NDArray[np.floating],
        labels: NDArray[np.int64],
        device: torch.device,
        ordering: Ordering,
        recorder: Recorder | None = None,
    ) -> None:
        self._model, self._device, self._ordering, self.recorder = model, device, ordering, recorder
        self._dtype: torch.dtype = getattr(torch, recipe.dtype)
        self._seed, self._steps = recipe.seed, 0
        self._inputs = self.on_device(values)
        self._labels = torch.from_numpy(labels).to(device)
        self._batches = minibatches(len(labels), recipe.k)
        self._loss = loss_of(method, recipe, device)
        parameters = trained_parameters(model)
        self._trained = list(parameters.values())
        self._optimiser = method.optimiser(self._trained, recipe)
        self._first = parameters[first_of(parameters, ordering)]
        # The same memory throughout, since that is what a recorder reads.
        self._memory = [(value, value.detach()) for value in parameters.values()]

    def on_device(self, values: NDArray[np.floating]) -> torch.Tensor:
        """Returns measurements in the recipe's precision and order, on the device."""
        return torch.from_numpy(self._ordering.of_values(values)).to(self._dtype).to(self._device)

    def epoch(self) -> float:
        """Trains one epoch and returns its mean training loss."""
        total = torch.zeros((), dtype=self._dtype, device=self._device)
        for batch in self._batches:
            total += self._step(self._inputs[batch], self._labels[batch]) * len(self._labels[batch])
        held = [id(value) for value in trained_parameters(self._model).values()]
        if held != [id(value) for value, _ in self._memory]:
            raise BuildError("The model gave itself other parameters in training: change their values in place.")
        return float(total) / len(self._labels)

    def _step(self, inputs: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """Updates every parameter once and returns the loss of the minibatch before it."""
        recorder = self.recorder
        if recorder is not None:
            recorder.minibatch(self._model, inputs, labels)
        seen: list[tuple[torch.Tensor, torch.Tensor]] = []

        @torch.enable_grad()
        def closure() -> torch.Tensor:
            self._optimiser.zero_grad(set_to_none=True)
            with HostDraws(self._seed, f"step {self._steps}"):
                loss = self._loss(self._model(inputs), labels)
            loss.backward()  # type: ignore[no-untyped-call]
            # An optimiser that looks around, such as LBFGS, asks again; the first look is that of the minibatch.
            if not seen:
                gradients = [value.grad for value in self._trained if value.grad is not None]
                norm = square(gradients) if recorder is not None else torch.zeros(())
                seen.append((loss.detach(), norm))
            return loss

        with own_generators(self._seed, f"update {self._steps}"):
            # PyTorch says that it takes a float, and asks for the loss itself.
            self._optimiser.step(closure)  # type: ignore[arg-type]
        if not seen:
            raise RecipeError(
                f"The step of the optimiser {type(self._optimiser).__name__} asks for no loss: let it call the closure "
                "that it is given, as PyTorch's own do."
            )
        self._keep_memory()
        self._steps += 1
        loss, gradient_square = seen[0]
        if recorder is not None:
            recorder.step(loss, gradient_square)
            recorder.reading.read(wide(self._first.detach()))
            recorder.state()
        return loss

    @torch.no_grad()
    def _keep_memory(self) -> None:
        """Takes values that were put elsewhere, by assigning to ``.data``, back to where they were."""
        for value, held in self._memory:
            if value.data_ptr() != held.data_ptr():
                held.copy_(value)
                value.data = held

    @torch.no_grad()
    def scores(self, inputs: torch.Tensor) -> NDArray[np.floating]:
        """Returns the scores of Definition 1, cases x classes, of the model as it is used: in evaluation mode."""
        with _evaluating(self._model), HostDraws(self._seed, "scores"):
            result: NDArray[np.floating] = torch.softmax(self._model(inputs), dim=1).cpu().numpy()
        return result

    def state(self) -> State:
        """Returns a copy of parameters and buffers in natural order."""
        return self._ordering.undone(state_of(self._model))

    def carried(self) -> Carried:
        """Returns a copy of what a finished epoch hands to the next.

        Raises:
            ValueError: the optimiser keeps something that no checkpoint holds.
        """
        # The optimiser's numbers stay in the order in which they are held, since which of them follow a parameter's
        # order is its own affair; a checkpoint is of one device, and so of one order.
        return Carried(self.state(), {}, {}, arrays_of(self._optimiser))

    def resume(self, checkpoint: Checkpoint) -> None:
        """Takes the trainer, still at its initial state, to where the checkpoint was made.

        Raises:
            ValueError: the checkpoint is of another model or of other cases; the text says why.
        """
        parameters = checkpoint.carried.parameters
        require_like(parameters, self.state(), "parameters")
        take_state(self._model, self._ordering.of_state(parameters))
        restore(self._optimiser, checkpoint.carried.other)
        self._steps = checkpoint.epoch * len(self._batches)
        if self.recorder is not None:
            self.recorder.resume(checkpoint.recorded, self._steps)


@contextmanager
def _evaluating(model: nn.Module) -> Iterator[None]:
    model.eval()
    try:
        yield
    finally:
        model.train()
