"""The training loop: Adamax on minibatches taken in order with stride k (paper, equation 1 and Section IV-C)."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from longcon.errors import BuildError
from longcon.training.initialisation import State, case_order, initial_state
from longcon.training.native import NativeTrainer
from longcon.training.network import network, with_state
from longcon.training.ordering import Ordering
from longcon.training.recipe import Recipe

Values = NDArray[np.floating]


@dataclass(frozen=True)
class Cases:
    """Measurements and, where they are known, labels.

    Attributes:
        values: float64, cases x features.
        labels: int64 class indices, one for each case; None for a prospective set.
    """

    values: NDArray[np.float64]
    labels: NDArray[np.int64] | None


@dataclass(frozen=True)
class Epoch:
    """What was seen at the end of one epoch.

    Attributes:
        epoch: 1 for the first.
        training_loss: mean cross-entropy over the epoch's minibatches, each case counted once, before each update.
        holdout_loss: mean cross-entropy on the hold-out.
        holdout_error: share of hold-out cases whose call is not their label, every case called (the paper's "error
            rate at full recall", Section IV-D).
    """

    epoch: int
    training_loss: float
    holdout_loss: float
    holdout_error: float


@dataclass(frozen=True)
class Snapshot:
    """The classifier at one epoch: parameters and its scores, in natural order.

    Attributes:
        state: parameters by name.
        holdout: scores, hold-out cases x classes.
        prospective: scores, prospective cases x classes.
    """

    state: State
    holdout: Values
    prospective: Values


@dataclass(frozen=True)
class Training:
    """A finished training.

    Attributes:
        snapshots: by epoch; 0 is the initial state.
        history: one entry an epoch.
        best_epoch: epoch of least hold-out error, the earliest of equals.
    """

    snapshots: dict[int, Snapshot]
    history: tuple[Epoch, ...]
    best_epoch: int


class Trainer(Protocol):
    """One network with its optimiser and data on one device, in one arithmetic."""

    def on_device(self, values: Values) -> torch.Tensor:
        """Returns measurements, cases x features, as `scores` takes them."""

    def epoch(self) -> float:
        """Trains one epoch and returns its mean training loss."""

    def scores(self, inputs: torch.Tensor) -> Values:
        """Returns the scores of Definition 1, cases x classes."""

    def state(self) -> State:
        """Returns a copy of the parameters in natural order."""


def train(
    recipe: Recipe,
    classes: int,
    training: Cases,
    holdout: Cases,
    prospective: Cases,
    *,
    device: torch.device,
    record: Collection[int],
    keep_best: bool,
    ordering: Ordering | None = None,
    on_epoch: Callable[[int], None] = lambda _: None,
) -> Training:
    """Trains one build and returns what was recorded of it.

    Args:
        recipe: what fixes the training in software.
        classes: number of classes.
        training: the training split, labels required.
        holdout: the hold-out, labels required.
        prospective: the prospective set.
        device: where to train.
        record: epochs to keep; 0 is the initial state.
        keep_best: keep the best hold-out epoch as well (for the original build).
        ordering: the order of sums of a surrogate device; natural when None.
        on_epoch: called with the number of every finished epoch.

    Raises:
        BuildError: the loss or a parameter is not finite.
    """
    recipe.fits(len(training.values))
    if holdout.labels is None:
        raise BuildError("The hold-out has no labels: give every hold-out case its class.")
    trainer = trainer_for(recipe, classes, training, device, ordering)
    holdout_inputs, prospective_inputs = trainer.on_device(holdout.values), trainer.on_device(prospective.values)
    snapshots: dict[int, Snapshot] = {}
    history: list[Epoch] = []
    best = (math.inf, 0)

    def snapshot() -> Snapshot:
        return Snapshot(trainer.state(), trainer.scores(holdout_inputs), trainer.scores(prospective_inputs))

    if 0 in record:
        snapshots[0] = snapshot()
    kept_best: Snapshot | None = None
    for epoch in range(1, recipe.epochs + 1):
        loss = trainer.epoch()
        seen = _holdout_figures(epoch, loss, trainer.scores(holdout_inputs), holdout.labels)
        history.append(seen)
        if seen.holdout_error < best[0]:
            best = (seen.holdout_error, epoch)
            kept_best = snapshot() if keep_best else None
        if epoch in record:
            snapshots[epoch] = snapshot()
        on_epoch(epoch)
    if kept_best is not None:
        snapshots[best[1]] = kept_best
    return Training(dict(sorted(snapshots.items())), tuple(history), best[1])


def trainer_for(
    recipe: Recipe, classes: int, training: Cases, device: torch.device, ordering: Ordering | None
) -> Trainer:
    """Returns a trainer at its initial state, in the recipe's arithmetic.

    Raises:
        BuildError: the training split has no labels.
    """
    if training.labels is None:
        raise BuildError("The training split has no labels: give every training case its class.")
    features = training.values.shape[1]
    ordering = ordering or Ordering.identity(features, recipe.widths)
    start = initial_state(features, recipe.widths, classes, recipe.seed, recipe.dtype)
    tensors = {name: torch.from_numpy(value) for name, value in ordering.of_state(start).items()}
    model = with_state(network(features, recipe.widths, classes, getattr(torch, recipe.dtype)), tensors, device)
    order = case_order(len(training.labels), recipe.seed)
    values, labels = training.values[order], training.labels[order]
    if recipe.arithmetic == "native":
        return NativeTrainer(recipe, model, values, labels, device, ordering)
    # Imported where it is used: native training does not wait for a compiler to load.
    from longcon.training.portable import PortableTrainer  # noqa: PLC0415

    return PortableTrainer(recipe, model, values, labels, device, ordering)


def _holdout_figures(epoch: int, training_loss: float, scores: Values, labels: NDArray[np.int64]) -> Epoch:
    picked = scores[np.arange(len(labels)), labels].astype(np.float64)
    if not (math.isfinite(training_loss) and np.isfinite(scores).all()):
        raise BuildError(f"Training became non-finite in epoch {epoch}: lower --learning-rate or use --dtype=float64.")
    # A score that rounds to 0 has no logarithm; the smallest positive number stands for it.
    holdout_loss = float(-np.log(np.maximum(picked, np.finfo(np.float64).tiny)).mean())
    return Epoch(epoch, training_loss, holdout_loss, float((scores.argmax(axis=1) != labels).mean()))
