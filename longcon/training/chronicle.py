"""The epochs of one training as they pass: their figures, and the snapshots to keep."""

from __future__ import annotations

import math
from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from longcon.errors import BuildError
from longcon.training.checkpoint import Checkpoint, require_finite, require_like
from longcon.training.recipe import Recipe
from longcon.training.recorder import Recorder
from longcon.training.result import Cases, Epoch, Snapshot, Training, Values
from longcon.training.trainer import Trainer
from longcon.training.trajectory import Trajectory


class Chronicle:
    """The epochs of one training as they pass: their figures, and the snapshots to keep."""

    def __init__(
        self, trainer: Trainer, holdout: Cases, prospective: Cases, record: Collection[int], *, keep_best: bool
    ) -> None:
        self._trainer, self._labels, self._record, self._keep_best = trainer, holdout.labels, record, keep_best
        self._holdout, self._prospective = trainer.on_device(holdout.values), trainer.on_device(prospective.values)
        self._snapshots: dict[int, Snapshot] = {}
        self._history: list[Epoch] = []
        self._best_snapshot: dict[int, Snapshot] = {}
        self._resumed_at: tuple[int, ...] = ()

    def begin(self) -> None:
        """Keeps the initial state, where it is to be recorded."""
        if 0 in self._record:
            self._snapshots[0] = self._snapshot()

    def add(self, epoch: int, training_loss: float) -> None:
        """Keeps what a finished epoch shows."""
        assert self._labels is not None
        seen = _holdout_figures(epoch, training_loss, self._trainer.scores(self._holdout), self._labels)
        self._history.append(seen)
        if self._keep_best and self._best_epoch() == epoch:
            self._best_snapshot = {epoch: self._snapshot()}
        if epoch in self._record:
            self._snapshots[epoch] = self._snapshot()

    def finished(self, trajectory: Trajectory) -> Training:
        """Returns the training with all its snapshots."""
        return Training(self._kept(), tuple(self._history), self._best_epoch(), trajectory, self._resumed_at)

    def checkpoint(self, recipe: Recipe, recorder: Recorder) -> Checkpoint:
        """Returns the training as it is after the last epoch that was added."""
        history = tuple(self._history)
        carried, recorded = self._trainer.carried(), recorder.so_far()
        return Checkpoint(recipe, len(history), carried, self._kept(), history, recorded, self._resumed_at)

    def resume(self, checkpoint: Checkpoint) -> None:
        """Goes on from the epochs of a checkpoint; the trainer already did.

        Raises:
            ValueError: its snapshots are not those to keep; the text says why.
        """
        self._history = list(checkpoint.history)
        best = {self._best_epoch()} if self._keep_best else set()
        if checkpoint.snapshots.keys() != best | {e for e in self._record if e <= checkpoint.epoch}:
            raise ValueError("its snapshots are of other epochs than those to keep")
        for epoch, snapshot in checkpoint.snapshots.items():
            self._require(snapshot, epoch)
        self._snapshots = {e: s for e, s in checkpoint.snapshots.items() if e in self._record}
        self._best_snapshot = {e: checkpoint.snapshots[e] for e in best}
        self._resumed_at = (*checkpoint.resumed_at, checkpoint.epoch)

    def _require(self, snapshot: Snapshot, epoch: int) -> None:
        now = self._snapshot()
        require_like(snapshot.state, now.state, f"parameters at epoch {epoch}")
        for cohort in ("holdout", "prospective"):
            given, like = getattr(snapshot, cohort), getattr(now, cohort)
            require_finite(given, like.shape, like.dtype, f"{cohort} scores at epoch {epoch}")

    def _kept(self) -> dict[int, Snapshot]:
        return dict(sorted((self._snapshots | self._best_snapshot).items()))

    def _best_epoch(self) -> int:
        """Returns the epoch of least hold-out error, the earliest of equals."""
        return min(self._history, key=lambda seen: seen.holdout_error).epoch

    def _snapshot(self) -> Snapshot:
        trainer = self._trainer
        return Snapshot(trainer.state(), trainer.scores(self._holdout), trainer.scores(self._prospective))


def _holdout_figures(epoch: int, training_loss: float, scores: Values, labels: NDArray[np.int64]) -> Epoch:
    if not (math.isfinite(training_loss) and np.isfinite(scores).all()):
        raise BuildError(f"Training became non-finite in epoch {epoch}: lower --learning-rate or use --dtype=float64.")
    return Epoch(epoch, training_loss, holdout_loss(scores, labels), float((scores.argmax(axis=1) != labels).mean()))


def holdout_loss(scores: Values, labels: NDArray[np.int64]) -> float:
    """Returns the mean cross-entropy of cases from their scores.

    Args:
        scores: cases x classes, finite.
        labels: the class of each case.
    """
    picked = scores[np.arange(len(labels)), labels].astype(np.float64)
    # A score that rounds to 0 has no logarithm; the smallest positive number stands for it.
    return float(-np.log(np.maximum(picked, np.finfo(np.float64).tiny)).mean())
