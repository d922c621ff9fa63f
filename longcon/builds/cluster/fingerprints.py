"""Fingerprints of a device that several workers offer: one, since what they train is to be one device's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from longcon.builds.cluster.offers import Worker
from longcon.errors import ClusterError, LongconError, ProblemChangedError, ProblemError, reported_error


def alike(answers: Sequence[tuple[Worker, Mapping[str, Any]]], resource: str) -> list[dict[str, Any]]:
    """Returns the fingerprints of a device, one for each shape, which all workers that offer it have.

    Args:
        answers: what workers said, at least one: ``fingerprints``, or an ``error`` with its ``kind``.
        resource: what they call the device.

    Raises:
        ClusterError: two do not compute alike, or one cannot load the problem.
        LongconError: one could not be taken.
    """
    for worker, answer in answers:
        if "error" in answer:
            raise _failed(worker, answer)
    (first, taken), *others = [(worker, list(answer["fingerprints"])) for worker, answer in answers]
    for other, found in others:
        how = _difference(taken, found)
        if how is not None:
            raise ClusterError(
                f"Workers {first.label} and {other.label} both offer '{resource}', but {how}: start each with a "
                f"resource of its own, {own_resource(resource)}."
            )
    return taken


def own_resource(resource: str) -> str:
    """Returns what a worker that computes otherwise than others should offer, in words."""
    return f'such as --resources "{resource.partition("@")[0]}@NAME=1"'


def _difference(taken: Sequence[Mapping[str, Any]], found: Sequence[Mapping[str, Any]]) -> str | None:
    for one, other in zip(taken, found, strict=True):
        own, theirs = one["software"], other["software"]
        for package in own:
            if own[package] != theirs.get(package):
                return f"with {package} {own[package]} and {theirs.get(package)}"
        if one["numeric_class"] != other["numeric_class"]:
            return "do not compute alike"
    return None


def _failed(worker: Worker, answer: Mapping[str, Any]) -> LongconError:
    error = reported_error(str(answer["kind"]), str(answer["error"]))
    if isinstance(error, ProblemChangedError):
        return ClusterError(
            f"Worker {worker.label} has another version of the problem: its code, and what that imports, must be the "
            "same on every worker."
        )
    if isinstance(error, ProblemError):
        return ClusterError(
            f"Worker {worker.label} cannot load the problem, which must lie at the same path on every worker: {error}"
        )
    return type(error)(f"Worker {worker.label}: {error}")
