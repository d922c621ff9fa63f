"""A native training for comparison with other processes' own; run as a module, it writes trajectory and states."""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from safetensors.numpy import save_file

from longcon.devices import enforce, parse_surrogate
from longcon.training import Ordering, Recipe, Training, train
from tests.training import plain

RECIPE = Recipe(k=2, epochs=6)
FEATURES = 2003
ROOT = Path(__file__).parents[2]


def ordering(number: int, features: int = FEATURES) -> Ordering:
    """Returns the order of a surrogate ``order:number``."""
    of_features, *units = parse_surrogate(f"order:{number}").orders((features, *RECIPE.widths))
    return Ordering(of_features, tuple(units))


def trained(recipe: Recipe, features: int = FEATURES, *, order: Ordering | None = None, **asked: object) -> Training:
    """Returns a training on the small cohort, every epoch recorded."""
    enforce()
    return train(
        recipe,
        plain.CLASSES,
        *plain.cohort(features, 0),
        device=torch.device("cpu"),
        record=range(recipe.epochs + 1),
        keep_best=False,
        ordering=order,
        **asked,  # type: ignore[arg-type]
    )


if __name__ == "__main__":
    done = trained(RECIPE)
    states = {f"{epoch}/{name}": value for epoch, s in done.snapshots.items() for name, value in s.state.items()}
    save_file(done.trajectory.arrays() | states, Path(sys.argv[1]))
