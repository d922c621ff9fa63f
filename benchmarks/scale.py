"""How a search grows: builds an hour with one worker and with two, and 64 points against one.

    python benchmarks/scale.py --json

Every number comes from searches that are really run, each in a store of its own: the points of a grid, one or several
at a time, and a grid of one point. Prints one JSON object a line; the last one sums up:

* ``parallel_efficiency``: builds an hour with all workers, over as many times those of one;
* ``cost_of_points``: time of all points with one worker, over as many times that of the one point alone;
* ``overhead_per_build_s``: a worker's time for a build beyond its training: its process, the data, the fingerprint, the
  store's writing and verifying.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

# A script's own folder is on the path, the repository's root is not.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from longcon.builds import Store, Workshop
from longcon.devices import parse_device
from longcon.problems import GbmProblem, ProblemData
from longcon.search import Grid, search
from longcon.training import Recipe


@dataclass(frozen=True)
class Searched:
    """A search as it was timed.

    Attributes:
        points: of the grid.
        workers: builds trained at a time.
        wall_s: of the whole search, the start of processes and the fingerprints included.
        first_s: until the first point was begun, which one search pays once.
        training_s: median of what a build's training took.
    """

    points: int
    workers: int
    wall_s: float
    first_s: float
    training_s: float

    @property
    def builds_per_hour(self) -> float:
        """Builds an hour once the search has begun."""
        return 3600 * self.points / (self.wall_s - self.first_s)

    @property
    def overhead_s(self) -> float:
        """A worker's time for a build beyond its training."""
        return (self.wall_s - self.first_s) * self.workers / self.points - self.training_s

    def as_json(self) -> dict[str, float]:
        """Returns it as plain JSON values."""
        return {
            "points": self.points,
            "workers": self.workers,
            "wall_s": self.wall_s,
            "first_s": self.first_s,
            "training_s": self.training_s,
            "builds_per_hour": self.builds_per_hour,
            "overhead_per_build_s": self.overhead_s,
        }


def searched(data: ProblemData, recipe: Recipe, size: int, workers: int) -> Searched:
    """Returns a search of a grid of ``size`` x ``size`` points, timed in a new store."""
    device, recipes = parse_device("cpu"), tuple(Grid(size=size).recipes(recipe))
    begun: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder), uuid.uuid4().hex)
        start = time.perf_counter()
        workshop = Workshop(
            store, data, recipes, lambda _: begun.append(time.perf_counter()), jobs=workers, problem=None
        )
        try:
            found = search(workshop, device, recipes)
        finally:
            workshop.close()
        wall = time.perf_counter() - start
        seconds = [float(store.read(point.build).manifest["seconds"]) for point in found.points]
    return Searched(len(recipes), workers, wall, begun[0] - start, statistics.median(seconds))


def main() -> None:
    """Searches, times and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--features", type=int, default=5000)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--k", type=int, default=2)
    parser.add_argument("--grid", type=int, default=8, help="values of each parameter")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2], help="the first is what others are held to")
    parser.add_argument("--json", action="store_true", help="as is; other benchmarks take it")
    options = parser.parse_args()
    recipe = Recipe(k=options.k, epochs=options.epochs)
    with tempfile.TemporaryDirectory() as folder:
        data = GbmProblem(options.features, Path(folder)).data(lambda *_: None)
    # What the first search of all pays, such as files that are read from the disk, is nobody's.
    searched(data, recipe, 1, 1)
    alone = searched(data, recipe, 1, 1)
    runs = [searched(data, recipe, options.grid, workers) for workers in options.workers]
    for run in (alone, *runs):
        print(json.dumps({"features": options.features, "epochs": options.epochs, "k": options.k, **run.as_json()}))
    first, last = runs[0], runs[-1]
    efficiency = last.builds_per_hour * first.workers / (first.builds_per_hour * last.workers)
    print(
        json.dumps(
            {
                "processors": len(os.sched_getaffinity(0)),
                "parallel_efficiency": efficiency,
                "cost_of_points": first.wall_s * first.workers / (first.points * alone.wall_s),
                "overhead_per_build_s": first.overhead_s,
            }
        )
    )


if __name__ == "__main__":
    main()
