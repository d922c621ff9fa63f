"""A cluster: which devices its workers offer, which of its workers may train, and who sends builds there."""

from __future__ import annotations

import contextlib
import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence, Sized
from pathlib import Path
from typing import Any

from longcon.builds.cluster import tasks
from longcon.builds.cluster.agreement import code_fault, device_fault, scheduler_fault, silence_fault, version_fault
from longcon.builds.cluster.connection import Connection
from longcon.builds.cluster.executor import ClusterExecutor
from longcon.builds.cluster.offers import Offer, Worker, command, named, not_offered, offers
from longcon.builds.executor import Executor
from longcon.builds.plan import BuildEvent
from longcon.builds.runner import told
from longcon.devices import Device, Surrogate, named_surrogate, with_surrogates
from longcon.errors import ClusterError, DeviceError
from longcon.problems import LoadedProblem
from longcon.source import code_version

# Builds are asked for in an order that does not know which device is free: so many wait for each that is trained.
_WAITING = 4
_PART = 32 << 20


class Cluster:
    """A scheduler and its workers, seen to run the same code with the same libraries as this process.

    Args:
        address: of the scheduler.
        patience: seconds for which a build waits for a worker when the last one that offered its device has gone.

    Attributes:
        dashboard: where the scheduler shows what happens; None if it shows nothing.

    Raises:
        ClusterError: no scheduler answers there, no worker offers a device, or one cannot train what this process
            would.
    """

    def __init__(self, address: str, patience: float) -> None:
        self.address, self.patience = address, patience
        self.connection = Connection(address)
        self._refused: dict[str, str] = {}
        self._about: dict[str, dict[str, Any]] = {}
        self._ready: set[tuple[str, str]] = set()
        self._resources: dict[Device, str] = {}
        self._missed: dict[Device, float] = {}
        self._lock, self._readying = threading.Lock(), threading.Lock()
        try:
            self._require_workers()
        except ClusterError:
            self.close()
            raise
        self.dashboard = self.connection.dashboard

    @property
    def jobs(self) -> int:
        """Builds that are worth asking for at a time, so that no worker waits."""
        return max(1, _WAITING * sum(offer.slots for offer in self.offers().values()))

    def devices(
        self, names: Sequence[str], surrogates: Sequence[str], arithmetic: str = "native"
    ) -> tuple[Device, ...]:
        """Returns the devices to validate: every one named, followed by its surrogates.

        Args:
            names: of devices that workers offer, such as ``cpu``, ``cuda`` or ``cpu@xeon``, or ``all``; those of
                imported builds are left out.
            surrogates: names of surrogates; empty for the defaults of each device, ``none`` for no surrogate.
            arithmetic: of the recipe.

        Raises:
            ClusterError: no worker offers a device.
            DeviceError: a surrogate is unknown, applies to no device, or is beyond a worker's processor.
        """
        offered = self.offers()
        bases = named(names, offered, self.address)
        return with_surrogates(
            bases, surrogates, arithmetic, lambda text: self._surrogate(text, [offered[base] for base in bases])
        )

    def trains(self, name: str) -> bool:
        """Whether workers offer the device that ``--device`` names, with its site if it has one."""
        return bool(named([name], self.offers(), self.address)) if "@" in name else True

    def not_offered(self, name: str) -> ClusterError:
        """Returns the error that says that no worker offers the device that ``--device`` names."""
        return not_offered(name, self.offers(), self.address)

    def executor(self, problem: LoadedProblem | None) -> Executor:
        """Returns who trains on this cluster; the paper's method when there is no problem."""
        return ClusterExecutor(self, told(problem))

    def announcing(self, on_event: Callable[[BuildEvent], None], builds: Sized) -> Callable[[BuildEvent], None]:
        """Returns who tells of progress as ``on_event`` does, and shows in Dask's dashboard how far the run is.

        Args:
            on_event: told of every event.
            builds: all that there will be, as far as that is known at the time.
        """
        ready: set[str] = set()

        def told_of(event: BuildEvent) -> None:
            on_event(event)
            if event.epoch == event.epochs and event.title not in ready:
                ready.add(event.title)
                with contextlib.suppress(ClusterError):  # a scheduler that has gone is told of by who needs it
                    self.announce(f"{len(ready)} of {len(builds)} builds ready")

        return told_of

    def announce(self, text: str) -> None:
        """Shows how far a run is beside every worker, in the dashboard's table of workers; does not wait for it."""
        workers = [worker.address for offer in self.offers().values() for worker in offer.workers]
        self.connection.tell(tasks.announce, text, workers=workers)

    def close(self) -> None:
        """Ends the connection, and whatever is still trained for it."""
        self.connection.close()

    def offers(self) -> dict[Device, Offer]:
        """Returns what workers offer now, without those that were refused.

        Raises:
            ClusterError: the scheduler has gone, or a worker's resources contradict themselves.
        """
        found = offers([worker for worker in self.connection.workers() if worker.address not in self._refused])
        for device, offer in found.items():
            self._resources[device] = offer.resource
            self._missed.pop(device, None)
        return found

    def resource(self, device: Device) -> str:
        """Returns what workers call a device, or would if any offered it."""
        return self._resources.get(device, device.name_there)

    def missed_for(self, device: Device) -> float:
        """Returns for how many seconds a device has been missed that nobody offers now."""
        now = time.monotonic()
        return now - self._missed.setdefault(device, now)

    def allowed(self, offer: Offer) -> list[str] | None:
        """Returns the addresses of those that builds are sent to; None where nobody was refused, for all."""
        workers = [worker.address for worker in offer.workers if worker.address not in self._refused]
        return workers if self._refused else None

    def refuse(self, address: str, why: str) -> list[str]:
        """Keeps builds from a worker, and returns what the user should read of it; nothing if that was said before."""
        with self._lock:
            if address in self._refused:
                return []
            self._refused[address] = why
        return [f"{why} It is left out."]

    def label(self, address: str) -> str:
        """Returns a worker in a sentence, here or gone."""
        return next((worker.label for worker in self.connection.workers() if worker.address == address), address)

    def faults(self, workers: Sequence[Worker]) -> dict[str, str]:
        """Returns why workers cannot train what this process would, by address; nothing of those that can.

        Raises:
            ClusterError: the scheduler has gone.
        """
        if not workers:
            return {}
        own, _, theirs = self.connection.versions()
        found = {}
        for worker in workers:
            if worker.address in theirs and (fault := version_fault(worker, own, theirs[worker.address])):
                found[worker.address] = fault
        alike = [worker for worker in workers if worker.address not in found]
        answers = self.connection.ask(tasks.about, workers=[worker.address for worker in alike]) if alike else {}
        for worker in alike:
            if (fault := self._fault(worker, answers.get(worker.address))) is not None:
                found[worker.address] = fault
        return found

    def make_ready(self, workers: Sequence[Worker], digest: str, data: Path) -> list[str]:
        """Makes workers ready for builds on some data, unless they are, and refuses those that cannot train.

        Args:
            workers: some of those that offer a device.
            digest: SHA-256 of the data.
            data: their file.

        Returns:
            What the user should read of it.

        Raises:
            ClusterError: the scheduler has gone, or a worker cannot take the data.
        """
        with self._readying:
            new = [worker for worker in workers if (worker.address, digest) not in self._ready]
            found = self.faults([worker for worker in new if worker.address not in self._about])
            notes = [note for address, why in found.items() for note in self.refuse(address, why)]
            new = [worker for worker in new if worker.address not in found]
            holds = self.connection.ask(tasks.enter, digest, workers=[worker.address for worker in new]) if new else {}
            # What is neither has gone meanwhile.
            self._send(digest, data, [address for address, answer in holds.items() if answer is False])
            self._ready |= {(address, digest) for address, answer in holds.items() if isinstance(answer, bool)}
            return notes

    def forget(self, address: str) -> None:
        """Forgets that a worker was ready: it was, and is not any more."""
        with self._readying:
            self._ready = {(other, digest) for other, digest in self._ready if other != address}
            self._about.pop(address, None)

    def answers(
        self, function: Callable[..., Any], job: object, workers: Sequence[Worker]
    ) -> list[tuple[Worker, Mapping[str, Any]]]:
        """Returns what workers answer, without those that have gone meanwhile.

        Raises:
            ClusterError: the scheduler has gone, or a worker cannot answer.
        """
        told = self.connection.ask(function, job, workers=[worker.address for worker in workers])
        found = [(worker, told[worker.address]) for worker in workers if isinstance(told.get(worker.address), dict)]
        silent = [worker for worker in workers if not isinstance(told.get(worker.address), dict)]
        if faults := self.faults(silent):
            raise ClusterError(next(iter(faults.values())))
        return found

    def _send(self, digest: str, data: Path, addresses: Sequence[str]) -> None:
        if not addresses:
            return
        transfer, left = uuid.uuid4().hex, data.stat().st_size
        with data.open("rb") as file:
            while part := file.read(_PART):
                left -= len(part)
                said = self.connection.ask(tasks.receive, digest, transfer, part, left <= 0, workers=addresses)
                for address, answer in said.items():
                    if isinstance(answer, dict) and "error" in answer:
                        raise ClusterError(f"Worker {self.label(address)} cannot take the data: {answer['error']}")

    def _require_workers(self) -> None:
        workers = self.connection.workers()
        offered = self.offers()
        if not offered:
            resources = sorted({name for worker in workers for name in worker.resources})
            what = f"none of its {len(workers)} workers offers a device" if workers else "it has no workers"
            also = f" (their resources: {', '.join(resources)})" if resources else ""
            raise ClusterError(
                f"Nothing can be trained at {self.address}, since {what}{also}: start one by "
                f"{command(self.address, 'cpu')}"
            )
        own, of_scheduler, _ = self.connection.versions()
        fault = scheduler_fault(self.address, own, of_scheduler)
        if fault is None:
            asked = {worker.address: worker for offer in offered.values() for worker in offer.workers}
            fault = next(iter(self.faults(list(asked.values())).values()), None)
        if fault is not None:
            raise ClusterError(fault)

    def _fault(self, worker: Worker, answer: Any) -> str | None:
        if isinstance(answer, dict):
            self._about[worker.address] = answer
            return code_fault(worker, code_version(), str(answer["code"])) or device_fault(
                worker, str(answer["torch"]), int(answer["gpus"])
            )
        if all(other.address != worker.address for other in self.connection.workers()):
            return None  # it has gone
        return silence_fault(worker, answer)

    def _surrogate(self, text: str, offered: Sequence[Offer]) -> Surrogate:
        surrogate = named_surrogate(text)
        needed = surrogate.instructions
        for offer in offered if needed else ():
            for worker in offer.workers if surrogate.applies_to(offer.device.torch_device) else ():
                about = self._about.get(worker.address)
                if about is not None and not about["capabilities"].get(needed, False):
                    raise DeviceError(
                        f"Surrogate '{text}' needs instructions that the processor of worker {worker.label} lacks: "
                        "give another one."
                    )
        return surrogate
