"""The search: every point of a grid trained as a build of its own, several at a time."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace

from longcon.builds import Build, Workshop
from longcon.devices import Device
from longcon.errors import BuildError
from longcon.search.early_stop import hopeless, settled
from longcon.search.point import Point, winner
from longcon.training import Recipe

# A search that stops hopeless points looks at all of them after this share of the epochs.
LOOK_AFTER = 0.25


@dataclass(frozen=True)
class Found:
    """What a search found.

    Attributes:
        points: of the grid, in its order.
        looked_at: epoch after which points were looked at to stop some of them; 0 if all were trained to the end.
        may_differ: whether a point that was stopped could have won.
    """

    points: tuple[Point, ...]
    looked_at: int = 0
    may_differ: bool = False

    @property
    def winner(self) -> Point:
        """The point of least error."""
        return winner(self.points)

    @property
    def stopped(self) -> tuple[Point, ...]:
        """The points that were not trained to the end."""
        return tuple(point for point in self.points if point.stopped)


def title_of_point(recipe: Recipe) -> str:
    """Returns under which title the progress of a point is told."""
    epochs = f", {recipe.epochs} epochs"
    return f"k={recipe.k}, learning rate {recipe.learning_rate:.4g}, weight decay {recipe.weight_decay:.4g}{epochs}"


def search(workshop: Workshop, device: Device, recipes: Sequence[Recipe], *, stop_hopeless: bool = False) -> Found:
    """Trains every point of a grid and returns what came of it.

    Each point is a build that keeps its best epoch alone; a search that was interrupted goes on with what the store
    holds. How many builds are trained at a time changes nothing but the time.

    Args:
        workshop: trains.
        device: where.
        recipes: one for each point.
        stop_hopeless: train all points for a quarter of the epochs first, and of them to the end only those that may
            win; the result says whether that could have changed the winner.

    Raises:
        BuildError: no point could be trained.
        StoreError: the store cannot be written, or a build was altered.
    """
    # Before the points, which wait for it and would take its place among the jobs.
    workshop.look_at(device)
    epochs = recipes[0].epochs
    first = max(1, round(LOOK_AFTER * epochs))
    if not stop_hopeless or first == epochs:
        return Found(_trained(workshop, device, recipes))
    seen = _trained(workshop, device, [replace(recipe, epochs=first) for recipe in recipes])
    decided = settled(seen)
    if decided != seen:
        return Found(tuple(_of_the_grid(point, epochs) for point in decided), first)
    left = hopeless(seen)
    goes_on = [replace(point.recipe, epochs=epochs) for point in left if point.whole]
    ended = iter(_trained(workshop, device, goes_on))
    points = tuple(next(ended) if point.whole else _of_the_grid(point, epochs) for point in left)
    return Found(points, first, may_differ=any(point.stopped for point in points))


def _of_the_grid(point: Point, epochs: int) -> Point:
    return replace(point, recipe=replace(point.recipe, epochs=epochs))


def _trained(workshop: Workshop, device: Device, recipes: Sequence[Recipe]) -> tuple[Point, ...]:
    futures = [workshop.submit(_obtained, workshop, device, recipe) for recipe in recipes]
    return tuple(
        _seen(recipe, future, len(workshop.data.holdout)) for recipe, future in zip(recipes, futures, strict=True)
    )


def _obtained(workshop: Workshop, device: Device, recipe: Recipe) -> Build:
    return workshop.obtain(device, workshop.request(device, recipe, (), keep_best=True), title_of_point(recipe))


def _seen(recipe: Recipe, future: Future[Build], holdout: int) -> Point:
    try:
        build = future.result()
    except BuildError as error:
        # A learning rate that leads out of all numbers is a finding about this point, not a reason to stop the others.
        return Point(recipe, (), holdout, "", failure=str(error))
    errors = tuple(float(entry["holdout_error"]) for entry in build.manifest["history"])
    return Point(recipe, errors, holdout, build.folder.name)
