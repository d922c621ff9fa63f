"""Training in native arithmetic: PyTorch's own kernels, whose bits are the device's (paper, Section IV-C)."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from longcon.training.checkpoint import Carried, Checkpoint
from longcon.training.detail_recorder import Held
from longcon.training.first_layer import FirstLayer
from longcon.training.gradient_norm import gram, outer_square, square
from longcon.training.initialisation import State
from longcon.training.layout import FIRST
from longcon.training.minibatches import minibatches
from longcon.training.network import first_linear
from longcon.training.ordering import Ordering
from longcon.training.recipe import Recipe
from longcon.training.recorder import Recorder


class NativeTrainer:
    """One network with its optimiser and data on one device.

    Args:
        recipe: what fixes the training in software.
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
        model: nn.Sequential,
        values: NDArray[np.floating],
        labels: NDArray[np.int64],
        device: torch.device,
        ordering: Ordering,
        recorder: Recorder | None = None,
    ) -> None:
        self._model, self._device, self._ordering, self.recorder = model, device, ordering, recorder
        self._dtype: torch.dtype = getattr(torch, recipe.dtype)
        self._inputs = self.on_device(values)
        self._labels = torch.from_numpy(labels).to(device)
        self._batches = minibatches(len(labels), recipe.k)
        # Of the inputs and the 1 of the bias; every epoch visits the same minibatches.
        self._grams: dict[int, torch.Tensor] = {}
        linear = first_linear(model)
        self._first = FirstLayer(linear, recipe, {recipe.k, len(labels) % recipe.k or recipe.k})
        if recorder is not None:
            self._first.follow(recorder.reading)
        self._rest = model[1:]
        self._others = [linear.bias, *self._rest.parameters()]
        self._optimiser = torch.optim.Adamax(
            self._others,
            lr=recipe.learning_rate,
            betas=recipe.betas,
            eps=recipe.epsilon,
            weight_decay=recipe.weight_decay,
        )

    def on_device(self, values: NDArray[np.floating]) -> torch.Tensor:
        """Returns measurements in the recipe's precision and order, on the device."""
        return torch.from_numpy(self._ordering.of_values(values)).to(self._dtype).to(self._device)

    def epoch(self) -> float:
        """Trains one epoch and returns its mean training loss."""
        total = torch.zeros((), dtype=self._dtype, device=self._device)
        for batch in self._batches:
            inputs, labels = self._inputs[batch], self._labels[batch]
            total += self._step(inputs, labels, batch.start) * len(labels)
        return float(total) / len(self._labels)

    def _step(self, inputs: torch.Tensor, labels: torch.Tensor, start: int) -> torch.Tensor:
        """Updates every parameter once and returns the loss of the minibatch, from case ``start`` on, before it."""
        recorder = self.recorder
        if recorder is not None:
            recorder.minibatch(self._model, inputs, labels)
        self._optimiser.zero_grad(set_to_none=True)
        outputs = self._first(inputs)
        loss = nn.functional.cross_entropy(self._rest(outputs), labels)
        loss.backward()  # type: ignore[no-untyped-call]
        if recorder is not None:
            # Before the first layer's update drives small tensors and code from the cache.
            recorder.step(loss, self._gradient_square(inputs, outputs, start))
        self._first.step(inputs, outputs)
        self._optimiser.step()
        if recorder is not None:
            recorder.state(self._adamax)
        return loss.detach()

    def _gradient_square(self, inputs: torch.Tensor, outputs: torch.Tensor, start: int) -> torch.Tensor:
        """Returns the squared norm of the minibatch's gradient, after the backward pass."""
        if start not in self._grams:
            self._grams[start] = gram(inputs) + 1
        gradients = [value.grad for value in (outputs, *self._others[1:]) if value.grad is not None]
        return outer_square(gradients[0], self._grams[start]) + square(gradients[1:])

    def _adamax(self) -> tuple[Held, Held]:
        """Returns first moments and infinity norms of all parameters."""
        states = [self._optimiser.state[value] for value in self._others]
        return (
            Held(self._first.moment, [state["exp_avg"] for state in states]),
            Held(self._first.norm, [state["exp_inf"] for state in states]),
        )

    @torch.no_grad()
    def scores(self, inputs: torch.Tensor) -> NDArray[np.floating]:
        """Returns the scores of Definition 1, cases x classes."""
        result: NDArray[np.floating] = torch.softmax(self._model(inputs), dim=1).cpu().numpy()
        return result

    @torch.no_grad()
    def state(self) -> State:
        """Returns a copy of the parameters in natural order."""
        return self._ordering.undone({name: v.cpu().numpy().copy() for name, v in self._model.state_dict().items()})

    def carried(self) -> Carried:
        """Returns a copy of what a finished epoch hands to the next."""
        return Carried(self.state(), *map(self._natural, self._adamax()))

    def resume(self, checkpoint: Checkpoint) -> None:
        """Takes the trainer, still at its initial state, to where the checkpoint was made.

        Raises:
            ValueError: the checkpoint is of another network or of other cases; the text says why.
        """
        carried, steps = checkpoint.carried, checkpoint.epoch * len(self._batches)
        carried.fits(self.state())
        parameters, moments, norms = (
            self._held(values) for values in (carried.parameters, carried.moments, carried.norms)
        )
        self._model.load_state_dict(parameters)
        self._first.resume(moments.pop(FIRST), norms.pop(FIRST), steps)
        others = zip(moments.values(), norms.values(), strict=True)
        # The count is of the type that torch.optim.Adamax makes.
        states = [{"step": torch.tensor(float(steps)), "exp_avg": m, "exp_inf": n} for m, n in others]
        groups = self._optimiser.state_dict()["param_groups"]
        self._optimiser.load_state_dict({"state": dict(enumerate(states)), "param_groups": groups})
        if self.recorder is not None:
            self.recorder.resume(checkpoint.recorded, steps, self._adamax)

    def _natural(self, held: Held) -> State:
        """Returns a copy of numbers that stand beside the parameters, by name in natural order."""
        names = [FIRST, *(name for name in self._model.state_dict() if name != FIRST)]
        values = zip(names, [held.first, *held.others], strict=True)
        return self._ordering.undone({name: value.detach().cpu().numpy() for name, value in values})

    def _held(self, natural: State) -> dict[str, torch.Tensor]:
        """Returns numbers in natural order as tensors on the device, in the order of the state_dict."""
        held = self._ordering.of_state(natural)
        # Copied also on a CPU: into torch's own memory, where those of an uninterrupted training lie.
        return {name: torch.from_numpy(held[name]).to(self._device, copy=True) for name in self._model.state_dict()}
