"""What workers offer: a resource that has the name of a device is that device, and its number says how many builds.

``dask worker --resources "cpu@xeon=2"`` offers to train two builds at a time on ``cpu@xeon``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from longcon.builds.provenance import is_site
from longcon.devices import IMPORTED, Device, require_device_name
from longcon.errors import ClusterError, DeviceError, did_you_mean


@dataclass(frozen=True)
class Worker:
    """A worker, as the scheduler knows it.

    Attributes:
        address: of its process.
        name: that it was given; Dask's default is the address.
        threads: tasks that it runs at a time.
        resources: amounts by name.
    """

    address: str
    name: str
    threads: int
    resources: Mapping[str, float]

    @property
    def label(self) -> str:
        """The worker in a sentence."""
        return self.address if self.name == self.address else f"{self.address} ({self.name})"

    @property
    def devices(self) -> dict[Device, str]:
        """The resource's name of each device that it offers.

        Raises:
            ClusterError: a resource names a device at a site that is none, or two name the same device.
        """
        found: dict[Device, str] = {}
        for resource, amount in self.resources.items():
            device = _device(resource, self)
            if device is None or amount < 1:
                continue
            if device in found:
                raise ClusterError(
                    f"Worker {self.label} offers '{found[device]}' and '{resource}', which are one device: start it "
                    "with one of them."
                )
            found[device] = resource
        return found

    def slots(self, resource: str) -> int:
        """Returns how many builds it trains at a time on a resource."""
        return min(self.threads, int(self.resources.get(resource, 0)))


@dataclass(frozen=True)
class Offer:
    """A device that workers offer.

    Attributes:
        device: no surrogate.
        resource: what workers call it.
        workers: all that offer it.
    """

    device: Device
    resource: str
    workers: tuple[Worker, ...]

    @property
    def slots(self) -> int:
        """Builds that can be trained on it at a time."""
        return sum(worker.slots(self.resource) for worker in self.workers)


def offers(workers: Sequence[Worker]) -> dict[Device, Offer]:
    """Returns what workers offer, by device.

    Raises:
        ClusterError: a resource names a device at a site that is none, or workers call one device by two names.
    """
    found: dict[Device, Offer] = {}
    for worker in workers:
        for device, resource in worker.devices.items():
            offer = found.setdefault(device, Offer(device, resource, ()))
            if offer.resource != resource:
                raise ClusterError(
                    f"Workers {offer.workers[0].label} and {worker.label} offer one device under the names "
                    f"'{offer.resource}' and '{resource}': start both with the same one."
                )
            found[device] = Offer(device, resource, (*offer.workers, worker))
    return found


def named(names: Sequence[str], offered: Mapping[Device, Offer], address: str) -> tuple[Device, ...]:
    """Returns the devices that a run asks for, without their surrogates.

    Args:
        names: as ``--device`` has them; ``all`` stands for everything that is offered. Names with a site that nobody
            offers are left out: they are those of imported builds.
        offered: by the workers.
        address: of the scheduler, for errors.

    Raises:
        ClusterError: nobody offers a device.
    """
    if "all" in names:
        # The first one trains the original, whichever worker the scheduler names first.
        return tuple(sorted(offered, key=_rank))
    found = []
    for name in names:
        device = None if name == IMPORTED else _device_of(name)
        if device in offered:
            found.append(device)
        elif "@" not in name and name != IMPORTED:
            raise not_offered(name, offered, address)
    return tuple(dict.fromkeys(device for device in found if device is not None))


def not_offered(name: str, offered: Mapping[Device, Offer], address: str, *, imports: bool = False) -> ClusterError:
    """Returns the error that says that no worker offers a device.

    Args:
        name: of the device, as ``--device`` has it.
        offered: by the workers.
        address: of the scheduler.
        imports: whether who asks for the device could take builds of it that were imported.
    """
    known = [offered[device].resource for device in sorted(offered, key=_rank)]
    elsewhere = "import its builds, " if imports else ""
    return ClusterError(
        f"No worker of {address} offers '{name}'{did_you_mean(name, known)}: they offer {', '.join(known)}; give one "
        f"of these, {elsewhere}or start a worker by {command(address, name)}"
    )


def command(address: str, resource: str) -> str:
    """Returns the command that starts a worker for a device, to end a sentence with."""
    return f'dask worker {address} --nthreads 1 --resources "{resource}=1".'


def _rank(device: Device) -> tuple[str, int, str]:
    kind, _, index = device.torch_device.partition(":")
    return kind, int(index or 0), device.site


def _device(resource: str, worker: Worker) -> Device | None:
    """Returns the device that a resource names; None for a resource of another kind."""
    device = _device_of(resource)
    if device is not None and "@" in resource and not is_site(device.site):
        raise ClusterError(
            f"Worker {worker.label} offers '{resource}', but '{device.site}' is no name of a site: give one of at most "
            "40 small letters, digits, '.', '_' and '-', such as cpu@xeon."
        )
    return device


def _device_of(name: str) -> Device | None:
    torch_device, _, site = name.partition("@")
    try:
        require_device_name(torch_device)
    except DeviceError:
        return None
    if torch_device != "cpu":
        torch_device = f"cuda:{int(torch_device.partition(':')[2] or 0)}"
    return Device(torch_device, site=site)
