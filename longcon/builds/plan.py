"""What a campaign is to build, and how it tells how far it is."""

from __future__ import annotations

from dataclasses import dataclass

from longcon.builds.checkpoints import SECONDS_BETWEEN
from longcon.builds.provenance import REFERENCE
from longcon.devices import Device
from longcon.training import Recipe

REPLICATES = (1, 2)


@dataclass(frozen=True)
class BuildEvent:
    """How far a campaign is.

    Attributes:
        title: the build that moved.
        epoch: how many of its epochs are done; its last one means that it is finished.
        epochs: how many it has.
        trained: whether it was trained now (False: it came from the store).
        note: a sentence that the user should read; mostly empty.
    """

    title: str
    epoch: int
    epochs: int
    trained: bool
    note: str = ""


@dataclass(frozen=True)
class Plan:
    """What to build.

    Attributes:
        devices: the first is the original's; all others are rebuilds.
        recipes: one for each k.
        release: ``"best"`` for the original's best hold-out epoch, ``"last"``, or the number of an epoch.
        jobs: builds trained at a time.
        fresh: train again what the store holds.
        offset: where in the list of builds to begin, so that processes that share a store begin apart.
        replicates: numbers of the trainings on each device; 1, the original's, is one of them.
        detail: keep `Detail` of every step as well.
        curvature_every: measure the curvature every so many steps; 0 for never.
        curvature_of_rebuilds: measure it on every build, not on the originals alone.
        seconds_between_checkpoints: of training, at least; a build that takes less keeps none.
        rebuild_of: key of the released reference, which then is the original; empty where there is none.
    """

    devices: tuple[Device, ...]
    recipes: tuple[Recipe, ...]
    release: str | int
    jobs: int
    fresh: bool
    offset: int = 0
    replicates: tuple[int, ...] = REPLICATES
    detail: bool = False
    curvature_every: int = 0
    curvature_of_rebuilds: bool = False
    seconds_between_checkpoints: float = SECONDS_BETWEEN
    rebuild_of: str = ""

    @property
    def builds(self) -> int:
        """How many builds are to be trained, or found as they were trained before."""
        return sum(not device.origin for device in self.devices) * len(self.recipes) * len(self.replicates)

    def replicates_of(self, device: Device) -> tuple[int, ...]:
        """Returns the numbers of a device's trainings: of a reference there is one, which was released."""
        return (1,) if device.origin == REFERENCE else self.replicates
