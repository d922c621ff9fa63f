"""Small portable trainings, in either execution; run as a module, it prints a digest of every epoch of many of them."""

from __future__ import annotations

import hashlib
import itertools
import sys

import torch
from torch import nn

from longcon.training import Cases, Recipe, State, case_order, initial_state, network
from longcon.training.network import with_state
from longcon.training.ordering import Ordering
from longcon.training.portable import PortableTrainer
from tests.training import plain

CPU = torch.device("cpu")
EPOCHS = 3
CASES = list(itertools.product((1, 2, 3, 8), ("float64", "float32"), ((0.0, 60), (0.0025, 2003))))


def started(recipe: Recipe, features: int) -> nn.Sequential:
    """Returns the recipe's network with its initial values."""
    start = initial_state(features, recipe.widths, plain.CLASSES, recipe.seed, recipe.dtype)
    tensors = {name: torch.from_numpy(value) for name, value in start.items()}
    dtype = getattr(torch, recipe.dtype)
    return with_state(network(features, recipe.widths, plain.CLASSES, dtype, recipe.layer_norm_epsilon), tensors, CPU)


def trainer(recipe: Recipe, cases: Cases, *, compiled: bool, model: nn.Sequential | None = None) -> PortableTrainer:
    """Returns a trainer of the recipe on the cases, or of another model on them."""
    assert cases.labels is not None
    features = cases.values.shape[1]
    order = case_order(len(cases.labels), recipe.seed)
    return PortableTrainer(
        recipe,
        model or started(recipe, features),
        cases.values[order],
        cases.labels[order],
        CPU,
        Ordering.identity(features, recipe.widths),
        compiled=compiled,
    )


def digest(state: State) -> str:
    """Returns what tells two states apart: all their bits, by SHA-256."""
    return hashlib.sha256(b"".join(state[name].tobytes() for name in sorted(state))).hexdigest()[:16]


def main() -> None:
    """Prints loss, parameters and scores of each epoch, by their bits."""
    compiled = sys.argv[1] == "compiled"
    torch.set_num_threads(int(sys.argv[2]))
    for k, dtype, (penalty, features) in CASES:
        training, _, prospective = plain.cohort(features, 0)
        recipe = Recipe(k=k, dtype=dtype, weight_decay=penalty, epochs=EPOCHS)  # type: ignore[arg-type]
        ours = trainer(recipe, training, compiled=compiled)
        cases = ours.on_device(prospective.values)
        for epoch in range(1, EPOCHS + 1):
            loss = ours.epoch()
            scores = hashlib.sha256(ours.scores(cases).tobytes()).hexdigest()[:16]
            name = f"k={k} {dtype} penalty {penalty}, {features} features, epoch {epoch}"
            sys.stdout.write(f"{name}: {loss.hex()} {digest(ours.state())} {scores}\n")


if __name__ == "__main__":
    main()
