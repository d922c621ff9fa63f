"""What is sent to a worker: values of longcon's own, which both ends know alike since they run the same code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from longcon.builds.executor import TrainingShape
from longcon.builds.request import BuildRequest
from longcon.devices import Device


@dataclass(frozen=True)
class FingerprintJob:
    """Fingerprints to be taken.

    Attributes:
        device: whose.
        shapes: one fingerprint for each.
        problem: whose method trains, as `longcon.builds.runner.told` has it; the paper's when None.
    """

    device: Device
    shapes: tuple[TrainingShape, ...]
    problem: Mapping[str, object] | None


@dataclass(frozen=True)
class TrainingJob:
    """A build to be trained.

    Attributes:
        task: key of the task, which no other has.
        device: where to train.
        request: which build.
        shape: of the fingerprint's probes.
        problem: whose method trains, as `longcon.builds.runner.told` has it; the paper's when None.
        run: identifier of the run.
        folder: where the client will put the build's files.
        checkpoint: where the client keeps the build's checkpoint.
        seconds_between_checkpoints: of training, at least.
    """

    task: str
    device: Device
    request: BuildRequest
    shape: TrainingShape
    problem: Mapping[str, object] | None
    run: str
    folder: str
    checkpoint: str
    seconds_between_checkpoints: float
