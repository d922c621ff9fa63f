"""What the client has workers do: each is called in a worker's process, and finds longcon's room there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

import torch
from distributed import Worker, get_worker

from longcon.builds.cluster.job import FingerprintJob, TrainingJob
from longcon.builds.cluster.room import NAME, Room
from longcon.errors import LongconError
from longcon.source import code_version

_Made = TypeVar("_Made")


def about() -> dict[str, Any]:
    """Returns what a client must know of this process before it relies on it."""
    return {
        "code": code_version(),
        "torch": torch.__version__,
        "gpus": torch.cuda.device_count() if torch.cuda.is_available() else 0,
        "capabilities": torch.cpu.get_capabilities(),
    }


async def enter(digest: str, dask_worker: Worker) -> bool:
    """Makes the room, unless it is there, and returns whether some data are in it."""
    if NAME not in dask_worker.plugins:
        await dask_worker.plugin_add(Room(), name=NAME, catch_errors=False)
    return _room(dask_worker).holds(digest)


async def receive(digest: str, transfer: str, part: bytes, last: bool, dask_worker: Worker) -> dict[str, Any]:
    """Takes a part of the data; see `Room.receive`."""
    room = _room(dask_worker)
    return await asyncio.to_thread(_told, lambda: {"went_well": room.receive(digest, transfer, part, last=last)})


async def fingerprints(job: FingerprintJob, dask_worker: Worker) -> dict[str, Any]:
    """Returns fingerprints of a device of this worker."""
    if NAME not in dask_worker.plugins:
        await dask_worker.plugin_add(Room(), name=NAME, catch_errors=False)
    room = _room(dask_worker)
    return await asyncio.to_thread(_told, lambda: {"fingerprints": room.fingerprints(job)})


def announce(text: str, dask_worker: Worker) -> None:
    """Shows how far a run is."""
    if NAME in dask_worker.plugins:
        _room(dask_worker).announce(text)


def train(job: TrainingJob) -> dict[str, Any]:
    """Trains a build, as a task of the cluster.

    Returns:
        ``worker`` that did it, and one of: ``files``, the build's by name; ``lacks``, where this worker was not made
        ready for the job; ``error`` with its ``kind``.
    """
    worker = get_worker()
    found = {"worker": worker.address}
    if job.request.code != code_version() or NAME not in worker.plugins or not _room(worker).holds(job.request.data):
        return {**found, "lacks": True}
    return {**found, **_told(lambda: {"files": _room(worker).train(job)})}


def _room(worker: Worker) -> Room:
    room = worker.plugins[NAME]
    assert isinstance(room, Room)
    return room


def _told(make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Returns what is made, or its error: what the user did wrong is no failure of the cluster's."""
    try:
        return make()
    except LongconError as error:
        return {"error": str(error), "kind": type(error).__name__}
