"""What a training takes and what it leaves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from longcon.training.initialisation import State
from longcon.training.trajectory import Trajectory

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
        trajectory: what was kept of every step.
        resumed_at: after which epochs it went on from a checkpoint; no other attribute depends on it.
    """

    snapshots: dict[int, Snapshot]
    history: tuple[Epoch, ...]
    best_epoch: int
    trajectory: Trajectory
    resumed_at: tuple[int, ...] = ()
