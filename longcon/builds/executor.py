"""Who trains builds: this machine's processes, or a cluster's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from longcon.builds.request import BuildRequest
from longcon.devices import Device
from longcon.training import Recipe

OnEpoch = Callable[[int], None]
OnNote = Callable[[str], None]


@dataclass(frozen=True)
class TrainingShape:
    """What a device's fingerprint is taken for: the training itself, on cases that are drawn.

    Attributes:
        features: width p of the measurements.
        classes: number of classes.
        recipe: of the training.
    """

    features: int
    classes: int
    recipe: Recipe

    def as_json(self) -> dict[str, object]:
        """Returns it as plain JSON values."""
        return {"features": self.features, "classes": self.classes, "recipe": self.recipe.as_json()}


class Executor(Protocol):
    """Trains builds and takes fingerprints, each in the numeric environment of its device."""

    def fingerprints(self, device: Device, shapes: Sequence[TrainingShape]) -> list[dict[str, Any]]:
        """Returns a fingerprint of ``device`` for each shape, as JSON values.

        Raises:
            BuildError: it could not be taken.
        """

    def train(
        self,
        device: Device,
        request: BuildRequest,
        shape: TrainingShape,
        *,
        data: Path,
        folder: Path,
        run: str,
        checkpoint: Path,
        seconds_between_checkpoints: float,
        on_epoch: OnEpoch,
        on_note: OnNote,
    ) -> None:
        """Trains a build on ``device`` into ``folder``.

        Args:
            device: where to train.
            request: which build.
            shape: of the fingerprint's probes.
            data: file of the problem's data.
            folder: empty, for the build's files.
            run: identifier of the run.
            checkpoint: where its checkpoint is, or is to be; training goes on from it where there is one.
            seconds_between_checkpoints: of training, at least.
            on_epoch: called with the number of every finished epoch.
            on_note: called with a sentence that the user should read.

        Raises:
            BuildError: the training failed; the text quotes the end of its log.
            StoreError: the build could not be written.
        """

    def close(self) -> None:
        """Ends what still runs and lets nothing else start."""
