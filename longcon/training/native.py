"""Training in native arithmetic: PyTorch's own kernels, whose bits are the device's (paper, Section IV-C)."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from longcon.training.first_layer import FirstLayer
from longcon.training.initialisation import State
from longcon.training.network import first_linear
from longcon.training.ordering import Ordering
from longcon.training.recipe import Recipe


class NativeTrainer:
    """One network with its optimiser and data on one device.

    Args:
        recipe: what fixes the training in software.
        model: on ``device``, holds the initial values in ``ordering``; trained in place.
        values: measurements of the training cases in the order in which they are visited, cases x features.
        labels: int64, one for each case.
        device: where to train.
        ordering: the order of sums.
    """

    def __init__(
        self,
        recipe: Recipe,
        model: nn.Sequential,
        values: NDArray[np.floating],
        labels: NDArray[np.int64],
        device: torch.device,
        ordering: Ordering,
    ) -> None:
        self._recipe, self._model, self._device, self._ordering = recipe, model, device, ordering
        self._dtype: torch.dtype = getattr(torch, recipe.dtype)
        self._inputs = self.on_device(values)
        self._labels = torch.from_numpy(labels).to(device)
        linear = first_linear(model)
        self._first = FirstLayer(linear, recipe, {recipe.k, len(labels) % recipe.k or recipe.k})
        self._rest = model[1:]
        self._optimiser = torch.optim.Adamax(
            [linear.bias, *self._rest.parameters()],
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
        for start in range(0, len(self._labels), self._recipe.k):
            batch = slice(start, start + self._recipe.k)
            inputs, labels = self._inputs[batch], self._labels[batch]
            self._optimiser.zero_grad(set_to_none=True)
            outputs = self._first(inputs)
            loss = nn.functional.cross_entropy(self._rest(outputs), labels)
            loss.backward()  # type: ignore[no-untyped-call]
            self._first.step(inputs, outputs)
            self._optimiser.step()
            total += loss.detach() * len(labels)
        return float(total) / len(self._labels)

    @torch.no_grad()
    def scores(self, inputs: torch.Tensor) -> NDArray[np.floating]:
        """Returns the scores of Definition 1, cases x classes."""
        result: NDArray[np.floating] = torch.softmax(self._model(inputs), dim=1).cpu().numpy()
        return result

    @torch.no_grad()
    def state(self) -> State:
        """Returns a copy of the parameters in natural order."""
        return self._ordering.undone({name: v.cpu().numpy().copy() for name, v in self._model.state_dict().items()})
