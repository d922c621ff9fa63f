"""Repeatability as a criterion: how long the rebuilds of a point stay together with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass

from longcon.builds import Build, Workshop
from longcon.devices import Device
from longcon.divergence import epochs_together
from longcon.errors import BuildError
from longcon.measures import vector_sine
from longcon.search.grid_search import title_of_point
from longcon.search.point import Point
from longcon.training import Recipe


@dataclass(frozen=True)
class Rebuilt:
    """A point and its rebuilds.

    Attributes:
        point: of the grid.
        together: epochs for which each rebuild stays within the tolerance, by the name of its device; the recipe's
            epochs where it does to the end.
        sines: vector sine of each rebuild at the point's epoch.
        failure: why nothing could be compared, in a sentence; mostly empty.
    """

    point: Point
    together: Mapping[str, float]
    sines: Mapping[str, float]
    failure: str = ""

    @property
    def epochs_together(self) -> float:
        """Epochs for which all rebuilds stay together with the point."""
        return min(self.together.values(), default=0.0)

    @property
    def sine(self) -> float:
        """The largest sine at the point's epoch."""
        return max(self.sines.values(), default=1.0)

    @property
    def repeatable(self) -> bool:
        """Whether all rebuilds are still together with the point at its epoch, which would be released."""
        return self.epochs_together >= self.point.epoch


def most_repeatable(rebuilt: Sequence[Rebuilt]) -> Rebuilt:
    """Returns the point to release: of those still together at their own epoch, the one together for longest.

    A point that has parted before its own epoch cannot be rebuilt as it is released, however late that was; where all
    have, the one together for longest remains. Of equals, the smaller sine at the epoch, then the lesser error.
    """
    return min(rebuilt, key=lambda one: (not one.repeatable, -one.epochs_together, one.sine, one.point.error))


def rebuilt(
    workshop: Workshop, original: Device, others: Sequence[Device], points: Sequence[Point], tolerance: float
) -> tuple[Rebuilt, ...]:
    """Returns how long the rebuilds of each point stay together with it.

    Args:
        workshop: trains the rebuilds.
        original: the device that trained the points.
        others: surrogates and other devices; those that change no bit of a point's arithmetic are left out there.
        points: trained to the end.
        tolerance: the largest sine that is round-off; the protocol's.

    Raises:
        BuildError: nothing changes a bit of any point's arithmetic.
        StoreError: the store cannot be written, or a build was altered.
    """
    for device in (original, *others):
        workshop.look_at(device)
    asked = [
        (point, device, workshop.submit(_rebuild, workshop, device, point))
        for point in points
        for device in others
        if _differs(workshop, original, device, point.recipe)
    ]
    if not asked:
        names = ", ".join(device.name for device in others) or "no other device"
        raise BuildError(
            f"Of {names}, nothing changes a bit of the arithmetic of {original.name}, so it cannot be told what is "
            "repeatable: give another --surrogate, such as order:1."
        )
    return tuple(_compared(workshop, point, [(d, f) for p, d, f in asked if p is point], tolerance) for point in points)


def _differs(workshop: Workshop, original: Device, device: Device, recipe: Recipe) -> bool:
    classes = {workshop.fingerprint(one, recipe)["numeric_class"] for one in (original, device)}
    return len(classes) > 1


def title_of_rebuild(point: Point, device: Device) -> str:
    """Returns under which title the progress of a rebuild is told."""
    return f"{title_of_point(point.recipe)}, on {device.name}"


def _rebuild(workshop: Workshop, device: Device, point: Point) -> Build:
    request = workshop.request(device, point.recipe, (point.epoch,))
    return workshop.obtain(device, request, title_of_rebuild(point, device))


def _compared(
    workshop: Workshop, point: Point, rebuilds: Sequence[tuple[Device, Future[Build]]], tolerance: float
) -> Rebuilt:
    if not rebuilds:
        return Rebuilt(point, {}, {}, failure="no other device changes a bit of its arithmetic")
    original = workshop.store.read(point.build)
    course, state = original.trajectory(), original.vector(point.epoch)
    together, sines = {}, {}
    try:
        for device, future in rebuilds:
            build = future.result()
            along = course.sine(build.trajectory())
            together[device.name] = epochs_together(along, (len(along) - 1) // point.recipe.epochs, tolerance)
            sines[device.name] = vector_sine(state, build.vector(point.epoch))
    except BuildError as error:
        return Rebuilt(point, {}, {}, failure=str(error))
    return Rebuilt(point, together, sines)
