"""A cluster: which devices its workers offer, and who sends builds there."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping, Sequence, Sized
from typing import Any

from longcon.builds.cluster import tasks
from longcon.builds.cluster.admission import Admission
from longcon.builds.cluster.agreement import scheduler_fault
from longcon.builds.cluster.connection import Connection
from longcon.builds.cluster.executor import ClusterExecutor
from longcon.builds.cluster.offers import Offer, Worker, command, named, not_offered, offers
from longcon.builds.executor import Executor
from longcon.builds.plan import BuildEvent
from longcon.builds.runner import told
from longcon.devices import Device, Surrogate, named_surrogate, with_surrogates
from longcon.errors import ClusterError, DeviceError
from longcon.problems import LoadedProblem

# Builds are asked for in an order that does not know which device is free: so many wait for each that is trained.
_WAITING = 4


class Cluster:
    """A scheduler and its workers, seen to run the same code with the same libraries as this process.

    Args:
        address: of the scheduler.
        patience: seconds for which a build waits for a worker when the last one that offered its device has gone.

    Attributes:
        connection: to the scheduler.
        admission: which of its workers may train.
        dashboard: where the scheduler shows what happens; None if it shows nothing.

    Raises:
        ClusterError: no scheduler answers there, no worker offers a device, or one cannot train what this process
            would.
    """

    def __init__(self, address: str, patience: float) -> None:
        self.address, self.patience = address, patience
        self.connection = Connection(address)
        self.admission = Admission(self.connection)
        self._resources: dict[Device, str] = {}
        self._missed: dict[Device, float] = {}
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

    def not_offered(self, name: str, *, imports: bool) -> ClusterError:
        """Returns the error that says that no worker offers the device that ``--device`` names.

        Args:
            name: of the device.
            imports: whether who asks for the device could take builds of it that were imported.
        """
        return not_offered(name, self.offers(), self.address, imports=imports)

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
        found = offers(self.admission.admitted(self.connection.workers()))
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
        if faults := self.admission.faults(silent):
            raise ClusterError(next(iter(faults.values())))
        return found

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
            fault = next(iter(self.admission.faults(list(asked.values())).values()), None)
        if fault is not None:
            raise ClusterError(fault)

    def _surrogate(self, text: str, offered: Sequence[Offer]) -> Surrogate:
        surrogate = named_surrogate(text)
        needed = surrogate.instructions
        if not needed:
            return surrogate
        for offer in offered:
            for worker in offer.workers if surrogate.applies_to(offer.device.torch_device) else ():
                if self.admission.lacks(worker, needed):
                    raise DeviceError(
                        f"Surrogate '{text}' needs instructions that the processor of worker {worker.label} lacks: "
                        "give another one."
                    )
        return surrogate
