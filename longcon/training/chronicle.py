"""The epochs of one training as they pass: their figures, and the snapshots to keep."""

from __future__ import annotations

import math
from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from longcon.errors import BuildError
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


def _holdout_figures(epoch: int, training_loss: float, scores: Values, labels: NDArray[np.int64]) -> Epoch:
    picked = scores[np.arange(len(labels)), labels].astype(np.float64)
    if not (math.isfinite(training_loss) and np.isfinite(scores).all()):
        raise BuildError(f"Training became non-finite in epoch {epoch}: lower --learning-rate or use --dtype=float64.")
    # A score that rounds to 0 has no logarithm; the smallest positive number stands for it.
    holdout_loss = float(-np.log(np.maximum(picked, np.finfo(np.float64).tiny)).mean())
    return Epoch(epoch, training_loss, holdout_loss, float((scores.argmax(axis=1) != labels).mean()))
