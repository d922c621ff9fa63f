"""The training process: one build, or one fingerprint, in the environment of its device.

Started as ``python -m longcon.builds.worker`` with a job as JSON on standard input. It prints one JSON object a line:
``{"epoch": 3}`` or ``{"note": "..."}`` as it goes, at last ``{"done": ...}`` or ``{"error": "..."}``.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from longcon.builds.build import write_build
from longcon.builds.checkpoints import Checkpoints
from longcon.builds.request import BuildRequest
from longcon.devices import Device, ProbeShape, Surrogate, enforce, settings_in_force, take_fingerprint
from longcon.errors import BuildError, LongconError, StoreError
from longcon.problems import ProblemData, load_data
from longcon.source import code_version
from longcon.training import Cases, Checkpoint, Curvature, Ordering, Recipe, Training, train


def _say(**message: object) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def _device(job: dict[str, Any]) -> Device:
    surrogate = Surrogate(*job["surrogate"]) if job["surrogate"] else None
    return Device(job["torch_device"], surrogate)


def _fingerprint(job: dict[str, Any], fields: dict[str, Any]) -> dict[str, object]:
    return take_fingerprint(_device(job), ProbeShape(**{**fields, "widths": tuple(fields["widths"])})).as_json()


def _request(fields: dict[str, Any]) -> BuildRequest:
    recipe = Recipe.of_json(fields["recipe"])
    return BuildRequest(**{**fields, "recipe": recipe, "record": tuple(fields["record"])})


def _curvature(recipe: Recipe) -> Curvature:
    """Returns what measures residual, smallest eigenvalue, its error and largest eigenvalue of a minibatch."""
    # Imported where it is used: builds that do not ask for it do not wait for it.
    from longcon.curvature import curvature  # noqa: PLC0415

    def measured(model: nn.Module, inputs: Tensor, labels: Tensor) -> tuple[float, float, float, float]:
        found = curvature(model, inputs, labels, recipe.weight_decay)
        return found.residual, found.smallest, found.smallest_error, found.largest

    return measured


def _train(job: dict[str, Any]) -> dict[str, object]:
    request, device = _request(job["request"]), _device(job)
    if code_version() != request.code:
        raise BuildError("longcon's source changed while the run was under way: start it again.")
    if request.killed_after:
        _die_after_checkpoint(job, request, device)
    fingerprint = _fingerprint(job, job["shape"])
    if fingerprint["numeric_class"] != request.numeric_class:
        raise BuildError(f"Device {device.name} no longer computes as it did at the start of the run: start it again.")
    started, clock = datetime.now(UTC), time.perf_counter()
    training = _trained(job, request, device, load_data(Path(job["data"])))
    write_build(
        Path(job["folder"]),
        request,
        training,
        fingerprint=fingerprint,
        settings=settings_in_force(),
        run=job["run"],
        started=started.isoformat(timespec="milliseconds"),
        seconds=time.perf_counter() - clock,
    )
    return {"best_epoch": training.best_epoch}


def _die_after_checkpoint(job: dict[str, Any], request: BuildRequest, device: Device) -> None:
    """Has a process of its own train up to the checkpoint and be killed there, so that this one can go on from it.

    It is forked before anything is computed: this process shares no number with it but those on disk.
    """
    Path(job["checkpoint"]).unlink(missing_ok=True)  # a former run's, which would not be cut where it should
    trains = os.fork()
    if trains == 0:
        with contextlib.suppress(BaseException):
            _trained(job, request, device, load_data(Path(job["data"])))
        os._exit(1)
    _, status = os.waitpid(trains, 0)
    if not os.WIFSIGNALED(status) or os.WTERMSIG(status) != signal.SIGKILL:
        raise BuildError(f"Build {request.title} was to be killed after a checkpoint and was not: run again.")


def _trained(job: dict[str, Any], request: BuildRequest, device: Device, data: ProblemData) -> Training:
    """Trains from the last checkpoint on; from the start where there is none, or none that can be used."""
    between = job["seconds_between_checkpoints"]
    checkpoints = Checkpoints(Path(job["checkpoint"]), request.key, between, lambda text: _say(note=text))

    def on_checkpoint(epoch: int, make: Callable[[], Checkpoint]) -> None:
        checkpoints.offer(make)
        if epoch == request.killed_after:
            os.kill(os.getpid(), signal.SIGKILL)

    from_checkpoint = partial(
        train,
        request.recipe,
        len(data.classes),
        Cases(data.training, data.training_labels),
        Cases(data.holdout, data.holdout_labels),
        Cases(data.prospective, None),
        device=torch.device(device.torch_device),
        record=request.record,
        keep_best=request.keep_best,
        ordering=_ordering(device, (data.features, *request.recipe.widths)),
        on_epoch=lambda epoch: _say(epoch=epoch),
        detail=request.detail,
        curvature=_curvature(request.recipe) if request.curvature_every else None,
        curvature_every=request.curvature_every,
        on_checkpoint=on_checkpoint,
    )
    try:
        return from_checkpoint(resume=checkpoints.read())
    except StoreError as error:
        _say(note=f"Build {request.title} begins anew. {error}")
        return from_checkpoint(resume=None)


def _ordering(device: Device, sizes: tuple[int, ...]) -> Ordering | None:
    if device.surrogate is None or not device.surrogate.reorders:
        return None
    features, *units = device.surrogate.orders(sizes)
    return Ordering(features, tuple(units))


def main() -> int:
    """Does the job on standard input."""
    job = json.load(sys.stdin)
    enforce()
    try:
        if job["task"] == "train":
            _say(done=_train(job))
        else:
            _say(done=[_fingerprint(job, fields) for fields in job["shapes"]])
    except LongconError as error:
        _say(error=str(error), kind=type(error).__name__)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
