"""The training process: one build, or one fingerprint, in the environment of its device.

Started as ``python -m longcon.builds.worker`` with a job as JSON on standard input. It prints one JSON object a line:
``{"epoch": 3}`` as it goes, at last ``{"done": ...}`` or ``{"error": "..."}``.
"""

from __future__ import annotations

import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from longcon.builds.build import write_build
from longcon.builds.request import BuildRequest
from longcon.devices import Device, ProbeShape, Surrogate, enforce, settings_in_force, take_fingerprint
from longcon.errors import BuildError, LongconError
from longcon.problems import load_data
from longcon.source import code_version
from longcon.training import Cases, Curvature, Ordering, Recipe, train


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
    fingerprint = _fingerprint(job, job["shape"])
    if fingerprint["numeric_class"] != request.numeric_class:
        raise BuildError(f"Device {device.name} no longer computes as it did at the start of the run: start it again.")
    data = load_data(Path(job["data"]))
    sizes = (data.features, *request.recipe.widths)
    ordering = None
    if device.surrogate and device.surrogate.reorders:
        features, *units = device.surrogate.orders(sizes)
        ordering = Ordering(features, tuple(units))
    started, clock = datetime.now(UTC), time.perf_counter()
    training = train(
        request.recipe,
        len(data.classes),
        Cases(data.training, data.training_labels),
        Cases(data.holdout, data.holdout_labels),
        Cases(data.prospective, None),
        device=torch.device(device.torch_device),
        record=request.record,
        keep_best=request.keep_best,
        ordering=ordering,
        on_epoch=lambda epoch: _say(epoch=epoch),
        detail=request.detail,
        curvature=_curvature(request.recipe) if request.curvature_every else None,
        curvature_every=request.curvature_every,
    )
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
