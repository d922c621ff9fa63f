"""The executor of a cluster: sends builds to the workers that offer their device, and waits for them."""

from __future__ import annotations

import concurrent.futures
import threading
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from queue import Empty
from typing import TYPE_CHECKING, Any

from distributed import KilledWorker
from distributed.client import FutureCancelledError

from longcon.builds.cluster import tasks
from longcon.builds.cluster.connection import Task, lost
from longcon.builds.cluster.delivery import deliver
from longcon.builds.cluster.fingerprints import alike, own_resource
from longcon.builds.cluster.job import FingerprintJob, TrainingJob
from longcon.builds.cluster.messages import Listener
from longcon.builds.cluster.offers import Offer, command
from longcon.builds.executor import OnEpoch, OnNote, TrainingShape
from longcon.builds.request import BuildRequest
from longcon.devices import Device
from longcon.errors import ArithmeticChangedError, BuildError, RunEndedError, reported_error

if TYPE_CHECKING:
    from longcon.builds.cluster.cluster import Cluster

# Seconds from one look at the workers to the next, while a build is waited for.
_TICK = 1.0
# A build is sent again when its worker was not ready, or is none for it; a cluster that never is ready has a fault.
_MOST_SENDS = 20
_CANCELLED = (FutureCancelledError, concurrent.futures.CancelledError)


class ClusterExecutor:
    """Sends builds to workers; see `longcon.builds.executor.Executor`.

    Args:
        cluster: of the workers.
        problem: whose method trains, as `longcon.builds.runner.told` has it; the paper's when None.
    """

    def __init__(self, cluster: Cluster, problem: Mapping[str, object] | None) -> None:
        self._cluster, self._problem = cluster, problem
        self._admission, self._connection = cluster.admission, cluster.connection
        self._tasks: set[Task] = set()
        self._sent: Counter[Device] = Counter()
        self._free = threading.Condition()
        self._closed = False

    def fingerprints(self, device: Device, shapes: Sequence[TrainingShape]) -> list[dict[str, Any]]:
        """Returns a fingerprint of ``device`` for each shape, the same on every worker that offers it.

        Raises:
            ClusterError: two workers that offer it do not compute alike, or one cannot load the problem.
            BuildError: it could not be taken.
        """
        job = FingerprintJob(device, tuple(shapes), self._problem)
        while True:
            offer = self._offered(device, f"The fingerprint of {device.name} was not taken")
            if offer is not None:
                answers = self._cluster.answers(tasks.fingerprints, job, workers=offer.workers)
                if answers:
                    return alike(answers, offer.resource)
            self._wait()

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
        """Trains a build on a worker that offers ``device``, into ``folder``; see `Executor.train`.

        Raises:
            BuildError: the training failed, or no worker offers the device any more.
            StoreError: the build could not be written.
            ClusterError: the scheduler has gone.
        """
        job = TrainingJob(
            "", device, request, shape, self._problem, run, str(folder), str(checkpoint), seconds_between_checkpoints
        )
        listener = Listener(request.title, self._connection.label, on_epoch, on_note)
        for _ in range(_MOST_SENDS):
            with self._turn(device, request) as offer:
                for note in self._admission.make_ready(offer.workers, request.data, data):
                    on_note(note)
                answer = self._answer(job, offer, listener)
            if "files" in answer:
                deliver(answer["files"], folder, request.title, self._connection.label(answer["worker"]))
                on_epoch(request.recipe.epochs)
                return
            for note in self._mended(answer, request, offer):
                on_note(note)
            self._wait()
        raise BuildError(
            f"Build {request.title} was sent to {self._cluster.address} {_MOST_SENDS} times, and no worker was ready "
            "for it: start the workers again, and run again."
        )

    def close(self) -> None:
        """Ends what is trained for it on the cluster, and sends nothing more there."""
        with self._free:
            self._closed = True
            self._free.notify_all()
            for task in self._tasks:
                task.inbox.put({})

    @contextmanager
    def _turn(self, device: Device, request: BuildRequest) -> Iterator[Offer]:
        """Waits until a worker is free: what waited at a worker that is killed would count as having killed it."""
        base = _base(device)
        while True:
            offer = self._offered(device, f"Build {request.title} was not trained")
            with self._free:
                if offer is not None and self._sent[base] < offer.slots:
                    self._sent[base] += 1
                    break
                self._free.wait(_TICK)
        try:
            yield offer
        finally:
            with self._free:
                self._sent[base] -= 1
                self._free.notify_all()

    def _offered(self, device: Device, what: str) -> Offer | None:
        """Returns who offers a device; None if nobody does, and not for long."""
        if self._closed:
            raise RunEndedError(f"{what}, since the run was ended: run again.")
        base, patience = _base(device), self._cluster.patience
        offer = self._cluster.offers().get(base)
        if offer is None and self._cluster.missed_for(base) > patience:
            resource = self._cluster.resource(base)
            raise BuildError(
                f"{what}, since no worker of {self._cluster.address} has offered '{resource}' for {patience:g} "
                f"seconds; run again after {command(self._cluster.address, resource)}"
            )
        return offer

    def _answer(self, job: TrainingJob, offer: Offer, listener: Listener) -> dict[str, Any]:
        """Sends a build, tells how far it is, and returns what came back; nothing if it must be sent again."""
        key = f"{job.request.title}-{job.request.key[:8]}-{uuid.uuid4().hex}"
        allowed = self._admission.allowed(offer)
        if allowed == []:
            return {}
        task = self._connection.submit(
            tasks.train, replace(job, task=key), task=key, resource=offer.resource, workers=allowed
        )
        with self._free:
            self._tasks.add(task)
        try:
            while not task.has_ended:
                listener.hear(_next(task))
                there = self._offered(job.device, f"Build {job.request.title} was not finished")
                if allowed is not None and there and all(w.address not in allowed for w in there.workers):
                    return {}
            return self._result(task, job.request)
        finally:
            task.end()
            with self._free:
                self._tasks.discard(task)

    def _result(self, task: Task, request: BuildRequest) -> dict[str, Any]:
        try:
            return dict(task.result())
        except KilledWorker:
            raise BuildError(
                f"Build {request.title} was begun by several workers of {self._cluster.address}, and all of them died "
                "while they trained it: look into their logs, whether it needs more memory than they have."
            ) from None
        except _CANCELLED:
            self._require_scheduler()
            return {}
        except Exception as error:  # whatever a worker raises that cannot even read what it is asked
            return {"raised": error}

    def _mended(self, answer: Mapping[str, Any], request: BuildRequest, offer: Offer) -> list[str]:
        """Sees to it that a build that was not trained can be sent again, and returns what the user should read of it.

        Raises:
            LongconError: it failed, and would fail again.
        """
        if "lacks" in answer:
            self._admission.forget(answer["worker"])
        if "error" in answer:
            error = reported_error(answer["kind"], answer["error"])
            if isinstance(error, RunEndedError):
                return []  # the worker was about to close
            if not isinstance(error, ArithmeticChangedError):
                raise error
            return self._admission.refuse(
                answer["worker"],
                f"Worker {self._connection.label(answer['worker'])} offers '{offer.resource}', but does not compute as "
                f"that did at the start of the run: start it with a resource of its own, "
                f"{own_resource(offer.resource)}.",
            )
        if "raised" in answer:
            found = self._admission.faults(offer.workers)
            if not found:
                error, text = answer["raised"], str(answer["raised"])
                raise BuildError(f"Build {request.title} failed on the cluster ({type(error).__name__}: {text}).")
            return [note for address, why in found.items() for note in self._admission.refuse(address, why)]
        return []

    def _require_scheduler(self) -> None:
        """Waits for a connection that broke."""
        while self._connection.is_waiting and not self._closed:
            self._wait()
        if self._connection.is_lost:
            raise lost(self._cluster.address, "connection lost")

    def _wait(self) -> None:
        with self._free:
            self._free.wait(_TICK)


def _next(task: Task) -> Mapping[str, Any]:
    try:
        return task.inbox.get(timeout=_TICK)
    except Empty:
        return {}


def _base(device: Device) -> Device:
    return replace(device, surrogate=None)
