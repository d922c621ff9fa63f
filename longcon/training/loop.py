"""The training loop: Adamax on minibatches taken in order with stride k (paper, equation 1 and Section IV-C)."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
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
from longcon.training.recorder import Asked, Curvature, Recorder
from longcon.training.result import Cases, Epoch, Snapshot, Training, Values
from longcon.training.trajectory import Trajectory


class Trainer(Protocol):
    """One network with its optimiser and data on one device, in one arithmetic."""

    @property
    def recorder(self) -> Recorder | None:
        """What is kept of every step; None where nothing is."""

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
    detail: bool = False,
    curvature: Curvature | None = None,
    curvature_every: int = 0,
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
        detail: keep `Detail` of every step as well.
        curvature: measures a minibatch before its update; it must leave the model as it was.
        curvature_every: at which updates: every so many, from the first on; 0 for none.

    Raises:
        BuildError: the loss or a parameter is not finite.
        RecipeError: k is above the number of cases, or the arithmetic cannot give what is asked for.
    """
    recipe.fits(len(training.values))
    if holdout.labels is None:
        raise BuildError("The hold-out has no labels: give every hold-out case its class.")
    asked = Asked(detail, curvature, curvature_every)
    trainer = trainer_for(recipe, classes, training, device, ordering, asked)
    chronicle = _Chronicle(trainer, holdout, prospective, record, keep_best=keep_best)
    chronicle.begin()
    for epoch in range(1, recipe.epochs + 1):
        chronicle.add(epoch, trainer.epoch())
        on_epoch(epoch)
    assert trainer.recorder is not None
    return chronicle.finished(trainer.recorder.trajectory())


class _Chronicle:
    """The epochs of one training as they pass: their figures, and the snapshots to keep."""

    def __init__(
        self, trainer: Trainer, holdout: Cases, prospective: Cases, record: Collection[int], *, keep_best: bool
    ) -> None:
        self._trainer, self._labels, self._record, self._keep_best = trainer, holdout.labels, record, keep_best
        self._holdout, self._prospective = trainer.on_device(holdout.values), trainer.on_device(prospective.values)
        self._snapshots: dict[int, Snapshot] = {}
        self._history: list[Epoch] = []
        self._best, self._best_snapshot = (math.inf, 0), dict[int, Snapshot]()

    def begin(self) -> None:
        """Keeps the initial state, where it is to be recorded."""
        if 0 in self._record:
            self._snapshots[0] = self._snapshot()

    def add(self, epoch: int, training_loss: float) -> None:
        """Keeps what a finished epoch shows."""
        assert self._labels is not None
        seen = _holdout_figures(epoch, training_loss, self._trainer.scores(self._holdout), self._labels)
        self._history.append(seen)
        if seen.holdout_error < self._best[0]:
            self._best = (seen.holdout_error, epoch)
            self._best_snapshot = {epoch: self._snapshot()} if self._keep_best else {}
        if epoch in self._record:
            self._snapshots[epoch] = self._snapshot()

    def finished(self, trajectory: Trajectory) -> Training:
        """Returns the training with all its snapshots."""
        snapshots = self._snapshots | self._best_snapshot
        return Training(dict(sorted(snapshots.items())), tuple(self._history), self._best[1], trajectory)

    def _snapshot(self) -> Snapshot:
        trainer = self._trainer
        return Snapshot(trainer.state(), trainer.scores(self._holdout), trainer.scores(self._prospective))


def trainer_for(
    recipe: Recipe,
    classes: int,
    training: Cases,
    device: torch.device,
    ordering: Ordering | None,
    asked: Asked | None = None,
) -> Trainer:
    """Returns a trainer at its initial state, in the recipe's arithmetic.

    Args:
        recipe: what fixes the training in software.
        classes: number of classes.
        training: the training split, labels required.
        device: where to train.
        ordering: the order of sums; natural when None.
        asked: what to keep of every step beyond what is always kept; nothing is kept of any when None.

    Raises:
        BuildError: the training split has no labels.
        RecipeError: the arithmetic cannot give what is asked for.
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
    recorder = None if asked is None else Recorder(recipe, model, ordering, len(labels), asked)
    if recipe.arithmetic == "native":
        return NativeTrainer(recipe, model, values, labels, device, ordering, recorder)
    # Imported where it is used: native training does not wait for a compiler to load.
    from longcon.training.portable import PortableTrainer  # noqa: PLC0415

    return PortableTrainer(recipe, model, values, labels, device, ordering, recorder=recorder)


def _holdout_figures(epoch: int, training_loss: float, scores: Values, labels: NDArray[np.int64]) -> Epoch:
    picked = scores[np.arange(len(labels)), labels].astype(np.float64)
    if not (math.isfinite(training_loss) and np.isfinite(scores).all()):
        raise BuildError(f"Training became non-finite in epoch {epoch}: lower --learning-rate or use --dtype=float64.")
    # A score that rounds to 0 has no logarithm; the smallest positive number stands for it.
    holdout_loss = float(-np.log(np.maximum(picked, np.finfo(np.float64).tiny)).mean())
    return Epoch(epoch, training_loss, holdout_loss, float((scores.argmax(axis=1) != labels).mean()))
