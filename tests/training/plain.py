"""A plain PyTorch loop with torch.optim.Adamax, written apart from longcon's, to compare bits with.

Run as a module it prints one line for every case: the case, and whether the bits are identical.
"""

from __future__ import annotations

import itertools
import sys

import numpy as np
import torch
from torch import nn

from longcon.devices import enforce
from longcon.training import Cases, Recipe, State, case_order, initial_state, train

CLASSES = 4
STEPS = 200
CASES = list(itertools.product((1, 2, 3, 8), ("float64", "float32"), (0.0, 0.0025), (60, 2003)))


def cohort(features: int, seed: int) -> tuple[Cases, Cases, Cases]:
    """Returns a small training split, hold-out and prospective set of overlapping classes."""
    generator = np.random.Generator(np.random.PCG64(seed))
    centres = generator.normal(size=(CLASSES, features)) * 0.4
    labels = np.arange(61, dtype=np.int64) % CLASSES
    values = centres[labels] + generator.normal(size=(61, features))
    return Cases(values[:37], labels[:37]), Cases(values[37:49], labels[37:49]), Cases(values[49:], None)


def plain_loop(recipe: Recipe, training: Cases) -> State:
    """Returns the last state of a loop as any user of PyTorch would write it."""
    dtype = getattr(torch, recipe.dtype)
    features = training.values.shape[1]
    first, second = recipe.widths
    model = nn.Sequential(
        nn.Linear(features, first),
        nn.LayerNorm(first, eps=recipe.layer_norm_epsilon),
        nn.Softshrink(),
        nn.Linear(first, second),
        nn.LayerNorm(second, eps=recipe.layer_norm_epsilon),
        nn.Softshrink(),
        nn.Linear(second, CLASSES),
    ).to(dtype)
    start = initial_state(features, recipe.widths, CLASSES, recipe.seed, recipe.dtype)
    model.load_state_dict({name: torch.from_numpy(value) for name, value in start.items()})
    assert training.labels is not None
    order = case_order(len(training.labels), recipe.seed)
    inputs, labels = torch.from_numpy(training.values[order]).to(dtype), torch.from_numpy(training.labels[order])
    optimiser = torch.optim.Adamax(
        model.parameters(), lr=recipe.learning_rate, weight_decay=recipe.weight_decay, foreach=False
    )
    for _ in range(recipe.epochs):
        for begin in range(0, len(labels), recipe.k):
            optimiser.zero_grad()
            batch = slice(begin, begin + recipe.k)
            nn.functional.cross_entropy(model(inputs[batch]), labels[batch]).backward()  # type: ignore[no-untyped-call]
            optimiser.step()
    return {name: value.numpy() for name, value in model.state_dict().items()}


def main() -> None:
    """Compares the two loops on every case."""
    enforce()
    for k, dtype, penalty, features in CASES:
        epochs = -(-STEPS // -(-37 // k))
        recipe = Recipe(k=k, dtype=dtype, weight_decay=penalty, epochs=epochs)  # type: ignore[arg-type]
        training, holdout, prospective = cohort(features, 0)
        ours = train(
            recipe,
            CLASSES,
            training,
            holdout,
            prospective,
            device=torch.device("cpu"),
            record=(epochs,),
            keep_best=False,
        )
        theirs = plain_loop(recipe, training)
        same = all(value.tobytes() == theirs[name].tobytes() for name, value in ours.snapshots[epochs].state.items())
        sys.stdout.write(f"k={k} {dtype} penalty {penalty}, {features} features: {'identical' if same else 'other'}\n")


if __name__ == "__main__":
    main()
