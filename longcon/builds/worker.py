"""The training process: one build, or one fingerprint, in the environment of its device.

Forked from `fork_server` with a job as JSON on standard input. It tells one JSON object a line:
``{"epoch": 3}`` or ``{"note": "..."}`` as it goes, at last ``{"done": ...}`` or ``{"error": "..."}``, where no one else
writes: whatever a user's model prints goes to the log.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import IO, Any

import torch
from torch import Tensor, nn

from longcon.builds.build_writer import write_build
from longcon.builds.checkpoints import Checkpoints
from longcon.builds.request import BuildRequest
from longcon.devices import Device, ProbeShape, Surrogate, enforce, settings_in_force, take_fingerprint
from longcon.errors import ArithmeticChangedError, BuildError, LongconError, ProblemChangedError, StoreError
from longcon.problems import ProblemData, ProblemSource, load_data
from longcon.source import code_version
from longcon.training import (
    Cases,
    Checkpoint,
    Curvature,
    Method,
    Ordering,
    PaperMethod,
    Recipe,
    Training,
    chain_of,
    loss_of,
    penalty_of,
    started,
    train,
    training_probe,
)

# Shapes that no command is known to use; any will do to tell kernels apart.
_FOR_COMMANDS = ProbeShape(features=512, widths=(64,), classes=4, k=2, dtype="float64")

Say = Callable[..., None]
"""Tells the runner a message, given as keywords."""


def _device(job: dict[str, Any]) -> Device:
    surrogate = Surrogate(*job["surrogate"]) if job["surrogate"] else None
    return Device(job["torch_device"], surrogate, site=job.get("site", ""))


def _method(job: dict[str, Any]) -> Method:
    """Returns the problem's method, from the very source that the run began with."""
    if job["problem"] is None:
        return PaperMethod()
    loaded = ProblemSource.of_json(job["problem"]["source"]).load()
    if loaded.identity != job["problem"]["identity"]:
        raise ProblemChangedError(
            f"The source of {loaded.problem.name} changed while the run was under way: start it again."
        )
    return loaded.problem


def _fingerprint(job: dict[str, Any], method: Method, fields: dict[str, Any]) -> dict[str, object]:
    recipe, device = Recipe.of_json(fields["recipe"]), _device(job)
    shape = ProbeShape(fields["features"], recipe.widths, fields["classes"], recipe.k, recipe.dtype)
    sizes = (shape.features, shape.classes)
    ordering = _ordering(device, method, *sizes, recipe)
    own = training_probe(method, *sizes, recipe, torch.device(device.torch_device), ordering)
    return take_fingerprint(device, shape, own).as_json()


def _command_fingerprint(job: dict[str, Any]) -> dict[str, object]:
    """Returns a fingerprint for commands, which may rest on PyTorch, on numpy or on neither."""
    from longcon.devices.numpy_probes import numpy_probes  # noqa: PLC0415 - scipy is loaded where it is used

    return take_fingerprint(_device(job), _FOR_COMMANDS, digests=numpy_probes()).as_json()


def _request(fields: dict[str, Any]) -> BuildRequest:
    recipe = Recipe.of_json(fields["recipe"])
    return BuildRequest(**{**fields, "recipe": recipe, "record": tuple(fields["record"])})


def _curvature(recipe: Recipe, method: Method) -> Curvature:
    """Returns what measures residual, smallest eigenvalue, its error and largest eigenvalue of a minibatch.

    The Hessian is that of the model in evaluation mode: a dropout or the statistics of a minibatch have none.
    """
    # Imported where it is used: builds that do not ask for it do not wait for it.
    from longcon.curvature import curvature  # noqa: PLC0415

    # The Hessian is taken in float64, whatever precision trains.
    in_double = replace(recipe, dtype="float64")

    def measured(model: nn.Module, inputs: Tensor, labels: Tensor) -> tuple[float, float, float, float]:
        model.eval()
        try:
            penalty = penalty_of(method, model, recipe)
            found = curvature(model, inputs, labels, penalty, loss=loss_of(method, in_double, inputs.device))
        finally:
            model.train()
        return found.residual, found.smallest, found.smallest_error, found.largest

    return measured


def _train(job: dict[str, Any], say: Say) -> dict[str, object]:
    request, device = _request(job["request"]), _device(job)
    if code_version() != request.code:
        raise BuildError("longcon's source changed while the run was under way: start it again.")
    method = _method(job)
    if request.killed_after:
        _die_after_checkpoint(job, say, request, device, method)
    fingerprint = _fingerprint(job, method, job["shape"])
    if (fingerprint["numeric_class"], fingerprint["software"]) != (request.numeric_class, request.software):
        raise ArithmeticChangedError(
            f"Device {device.name} no longer computes as it did at the start of the run: start it again."
        )
    started, clock = datetime.now(UTC), time.perf_counter()
    data = _data(job, request)
    training = _trained(job, say, request, device, data, method)
    write_build(
        Path(job["folder"]),
        request,
        training,
        data.roster,
        fingerprint=fingerprint,
        settings=settings_in_force(),
        run=job["run"],
        started=started.isoformat(timespec="milliseconds"),
        seconds=time.perf_counter() - clock,
    )
    return {"best_epoch": training.best_epoch}


def _data(job: dict[str, Any], request: BuildRequest) -> ProblemData:
    """Returns the data, which may have been damaged since the run looked at it."""
    path = Path(job["data"])
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise StoreError(f"{path} cannot be read ({error.strerror}): run again, and it is written anew.") from error
    if digest != request.data:
        raise StoreError(f"{path} was altered while the run was under way: run again, and it is written anew.")
    return load_data(path)


def _die_after_checkpoint(job: dict[str, Any], say: Say, request: BuildRequest, device: Device, method: Method) -> None:
    """Has a process of its own train up to the checkpoint and be killed there, so that this one can go on from it.

    It is forked before anything is computed: this process shares no number with it but those on disk.
    """
    Path(job["checkpoint"]).unlink(missing_ok=True)  # a former run's, which would not be cut where it should
    trains = os.fork()
    if trains == 0:
        with contextlib.suppress(BaseException):
            _trained(job, say, request, device, _data(job, request), method)
        os._exit(1)
    _, status = os.waitpid(trains, 0)
    if not os.WIFSIGNALED(status) or os.WTERMSIG(status) != signal.SIGKILL:
        raise BuildError(f"Build {request.title} was to be killed after a checkpoint and was not: run again.")


def _trained(
    job: dict[str, Any], say: Say, request: BuildRequest, device: Device, data: ProblemData, method: Method
) -> Training:
    """Trains from the last checkpoint on; from the start where there is none, or none that can be used."""
    between = job["seconds_between_checkpoints"]
    checkpoints = Checkpoints(Path(job["checkpoint"]), request.key, between, lambda text: say(note=text))

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
        ordering=_ordering(device, method, data.features, len(data.classes), request.recipe),
        on_epoch=lambda epoch: say(epoch=epoch),
        detail=request.detail,
        curvature=_curvature(request.recipe, method) if request.curvature_every else None,
        curvature_every=request.curvature_every,
        on_checkpoint=on_checkpoint,
        method=method,
    )
    try:
        return from_checkpoint(resume=checkpoints.read())
    except StoreError as error:
        say(note=f"Build {request.title} begins anew. {error}")
        return from_checkpoint(resume=None)


def _ordering(device: Device, method: Method, features: int, classes: int, recipe: Recipe) -> Ordering | None:
    if device.surrogate is None or not device.surrogate.reorders:
        return None
    model = started(method, features, classes, recipe)
    stages = chain_of(model)
    if stages is None:
        raise BuildError(f"{device.name} has no order to permute in a {type(model).__name__}: leave it out.")
    of_features, *units = device.surrogate.orders((features, *(stage.units for stage in stages[:-1])))
    return Ordering(of_features, tuple(units), stages)


def main(messages: IO[str]) -> int:
    """Does the job on standard input.

    Args:
        messages: where it tells how it goes.
    """
    job = json.load(sys.stdin)

    def say(**message: object) -> None:
        messages.write(json.dumps(message) + "\n")
        messages.flush()

    enforce()
    try:
        if job["task"] == "train":
            say(done=_train(job, say))
        elif job["task"] == "command fingerprint":
            say(done=_command_fingerprint(job))
        else:
            method = _method(job)
            say(done=[_fingerprint(job, method, fields) for fields in job["shapes"]])
    except LongconError as error:
        say(error=str(error), kind=type(error).__name__)
        return 1
    return 0
