"""How the default recipe was chosen: the paper's grid by hold-out error, then by repeatability.

Trains every point of the grid (Section IV-D: learning rate and L2 penalty, logarithmic from exp(-6) to exp(-2)) on the
default cohort and takes the least hold-out error over the epochs. The points within one standard error of the best are
trained once more on two order surrogates, and the one whose vector sine at its best epoch is smallest wins. Prints one
JSON object a line; the last is the choice. Takes about a quarter of an hour on two processors.
"""

from __future__ import annotations

import argparse
import json
import math
import tempfile
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import torch

from longcon.devices import enforce, parse_surrogate
from longcon.measures import vector_sine
from longcon.problems import GbmProblem, ProblemData, load_data
from longcon.training import Cases, Ordering, Recipe, Training, train

Point = dict[str, float]


def trained(path: Path, recipe: Recipe, order: int, record: tuple[int, ...], *, best: bool) -> Training:
    """Returns one training on the processor, with sums in natural order (0) or in a surrogate's."""
    enforce()
    data: ProblemData = load_data(path)
    ordering = None
    if order:
        features, *units = parse_surrogate(f"order:{order}").orders((data.features, *recipe.widths))
        ordering = Ordering(features, tuple(units))
    return train(
        recipe,
        len(data.classes),
        Cases(data.training, data.training_labels),
        Cases(data.holdout, data.holdout_labels),
        Cases(data.prospective, None),
        device=torch.device("cpu"),
        record=record,
        keep_best=best,
        ordering=ordering,
    )


def error_of(path: Path, recipe: Recipe) -> Point:
    """Returns a grid point with its least hold-out error and the epoch of it."""
    training = trained(path, recipe, 0, (), best=False)
    error = min(epoch.holdout_error for epoch in training.history)
    return {
        "learning_rate": recipe.learning_rate,
        "weight_decay": recipe.weight_decay,
        "holdout_error": error,
        "best_epoch": training.best_epoch,
    }


def sine_of(path: Path, recipe: Recipe, point: Point) -> Point:
    """Returns a grid point with its largest vector sine, at its best epoch, over two order surrogates."""
    epoch = int(point["best_epoch"])
    recipe = replace(recipe, epochs=epoch)
    vectors = []
    for order in (0, 1, 2):
        state = trained(path, recipe, order, (epoch,), best=False).snapshots[epoch].state
        vectors.append(np.concatenate([state[name].ravel() for name in sorted(state)]))
    return {**point, "sine": max(vector_sine(vectors[0], other) for other in vectors[1:])}


def main() -> None:
    """Searches and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--k", type=int, default=2)
    parser.add_argument("--points", type=int, default=8, help="how many values of each parameter, from the smallest")
    options = parser.parse_args()
    values = [math.exp(-6 + 4 * step / 7) for step in range(8)][: options.points]
    grid = [Recipe(k=options.k, learning_rate=rate, weight_decay=decay) for rate in values for decay in values]
    with tempfile.TemporaryDirectory() as folder:
        data = GbmProblem(5000, Path(folder)).data(lambda *_: None)
        path = Path(folder) / "data.safetensors"
        path.write_bytes(data.serialised())
        with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
            points = []
            for point in pool.map(error_of, [path] * len(grid), grid):
                points.append(point)
                print(json.dumps(point), flush=True)
            least = min(point["holdout_error"] for point in points)
            limit = least + math.sqrt(least * (1 - least) / len(data.holdout))
            near = [(recipe, p) for recipe, p in zip(grid, points, strict=True) if p["holdout_error"] <= limit]
            rated = []
            for point in pool.map(sine_of, [path] * len(near), [r for r, _ in near], [p for _, p in near]):
                rated.append(point)
                print(json.dumps(point), flush=True)
    print(json.dumps({"limit": limit, "candidates": len(near), "choice": min(rated, key=lambda p: p["sine"])}))


if __name__ == "__main__":
    main()
