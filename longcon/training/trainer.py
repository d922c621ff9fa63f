"""What the trainers of both arithmetics have in common."""

from __future__ import annotations

from typing import Protocol

import torch

from longcon.training.checkpoint import Carried, Checkpoint
from longcon.training.initialisation import State
from longcon.training.recorder import Recorder
from longcon.training.result import Values


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

    def carried(self) -> Carried:
        """Returns a copy of what a finished epoch hands to the next."""

    def resume(self, checkpoint: Checkpoint) -> None:
        """Takes the trainer, still at its initial state, to where the checkpoint was made.

        Raises:
            ValueError: the checkpoint is of another network or of other cases; the text says why.
        """
