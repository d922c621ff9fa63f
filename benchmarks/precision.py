"""How fast two orders of sums part, by precision and minibatch (paper, Section IV-G and Figure 2).

    python benchmarks/precision.py

Trains the default recipe on the default cohort for 64 epochs in natural order and as `order:1`, for k = 1, 2, 4, 8 in
both precisions. Prints one JSON object for each: vector sine by epoch, and discordant calls at the last epoch with tau
of the natural order. Takes about five minutes on two processors.
"""

from __future__ import annotations

import itertools
import json
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import torch

# A script's own folder is on the path, the repository's root is not.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from longcon.builds import recorded_epochs
from longcon.devices import enforce, parse_surrogate
from longcon.measures import find_cutoff, longitudinal_consistency, vector_sine
from longcon.problems import GbmProblem, ProblemData, load_data
from longcon.training import Cases, Ordering, Recipe, Snapshot, train


def snapshots(data: ProblemData, recipe: Recipe, *, reordered: bool) -> dict[int, Snapshot]:
    """Returns the recorded states of one training."""
    features, *units = parse_surrogate("order:1").orders((data.features, *recipe.widths))
    training = train(
        recipe,
        len(data.classes),
        Cases(data.training, data.training_labels),
        Cases(data.holdout, data.holdout_labels),
        Cases(data.prospective, None),
        device=torch.device("cpu"),
        record=recorded_epochs(recipe.epochs, None),
        keep_best=False,
        ordering=Ordering(features, tuple(units)) if reordered else None,
    )
    return training.snapshots


def compare(path: Path, k: int, dtype: str) -> dict[str, object]:
    """Returns how far the two orders part."""
    enforce()
    data = load_data(path)
    recipe = Recipe(k=k, dtype=dtype)  # type: ignore[arg-type]
    natural, other = (snapshots(data, recipe, reordered=reordered) for reordered in (False, True))
    last = recipe.epochs
    target = natural[last].holdout[:, data.target_index].astype(np.float64)
    tau = find_cutoff(target, data.holdout_labels == data.target_index).tau
    table = longitudinal_consistency([natural[last].prospective, other[last].prospective], tau)
    return {
        "k": k,
        "dtype": dtype,
        "sine": {epoch: vector_sine(_vector(natural[epoch]), _vector(other[epoch])) for epoch in natural},
        "tau": tau,
        "discordant": table.discordant,
        "reportable": table.reportable,
    }


def _vector(snapshot: Snapshot) -> np.ndarray:
    return np.concatenate([snapshot.state[name].ravel() for name in sorted(snapshot.state)])


def main() -> None:
    """Compares and prints."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "data.safetensors"
        path.write_bytes(GbmProblem(5000, Path(folder)).data(lambda *_: None).serialised())
        with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
            settings = list(itertools.product(("float64", "float32"), (1, 2, 4, 8)))
            waiting = [pool.submit(compare, path, k, dtype) for dtype, k in settings]
            for done in waiting:
                print(json.dumps(done.result()), flush=True)


if __name__ == "__main__":
    main()
