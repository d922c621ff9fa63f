"""Times what every build keeps of every step: training with and without it, side by side in one process.

    python benchmarks/trajectory.py --json

For both arithmetics at 51,000 and 5,000 features: milliseconds a step with and without recording, their ratio, and the
bytes that a build of 64 epochs of 260 cases keeps. Both ways train the paper's network on the same random cases with
one thread and take turns, an epoch of a few steps each, so that a machine that slows down slows both. Milliseconds are
the least seen, as in training_step.py, and the overhead is their ratio; the median of the turns' own ratios stands
beside it.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import save

# A script's own folder is on the path, the repository's root is not.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from longcon.devices import enforce
from longcon.draws import Draws
from longcon.training import Cases, Detail, Recipe, Trajectory
from longcon.training.loop import trainer_for
from longcon.training.recorder import Asked
from longcon.training.trainer import Trainer

CLASSES = 7
STEPS = 8
BUILD_STEPS = 64 * 260


def measure(features: int, k: int, dtype: str, arithmetic: str, seconds: float, *, detail: bool) -> dict[str, object]:
    """Returns milliseconds a step with and without recording, and the bytes of a build.

    Args:
        features: width of the input.
        k: cases in a minibatch.
        dtype: ``"float64"`` or ``"float32"``.
        arithmetic: ``"native"`` or ``"portable"``.
        seconds: how long to take turns.
        detail: whether the detail is recorded too.
    """
    draws = Draws(0, "benchmark")
    cases = Cases(draws.normal(STEPS * k, features), np.arange(STEPS * k, dtype=np.int64) % CLASSES)
    # Room for the steps of every turn.
    recipe = Recipe(k=k, dtype=dtype, arithmetic=arithmetic, epochs=BUILD_STEPS // STEPS)  # type: ignore[arg-type]
    place = torch.device("cpu")
    plain = trainer_for(recipe, CLASSES, cases, place, None)
    recorded = trainer_for(recipe, CLASSES, cases, place, None, Asked(detail=detail))
    times: list[tuple[float, float]] = []
    end = time.perf_counter() + seconds
    while len(times) < 5 or time.perf_counter() < end:
        times.append((_turn(plain), _turn(recorded)))
    without, with_ = np.array(times[1:]).T
    assert recorded.recorder is not None
    trajectory = recorded.recorder.trajectory()
    same = all(np.array_equal(value, recorded.state()[name]) for name, value in plain.state().items())
    return {
        "features": features,
        "k": k,
        "dtype": dtype,
        "arithmetic": arithmetic,
        "detail": detail,
        "threads": torch.get_num_threads(),
        "steps": len(without) * STEPS,
        "without_ms": round(1e3 * float(without.min()), 3),
        "with_ms": round(1e3 * float(with_.min()), 3),
        "overhead": round(float(with_.min() / without.min()) - 1, 4),
        "median_overhead": round(float(np.median(with_ / without)) - 1, 4),
        "trajectory_bytes": len(save(trajectory.arrays())),
        "detail_bytes": _bytes(trajectory),
        "bit_identical": same,
    }


def _turn(trainer: Trainer) -> float:
    start = time.perf_counter()
    trainer.epoch()
    return (time.perf_counter() - start) / STEPS


def _bytes(trajectory: Trajectory) -> int:
    detail: Detail | None = trajectory.detail
    return 0 if detail is None else len(save(detail.arrays()))


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--features", type=int, nargs="+", default=[51000, 5000])
    parser.add_argument("--k", type=int, default=1)
    parser.add_argument("--dtype", choices=("float64", "float32"), default="float64")
    parser.add_argument("--seconds", type=float, default=20.0, help="how long the ways take turns, for each pair")
    parser.add_argument("--detail", action="store_true", help="with the detail, in native arithmetic")
    parser.add_argument("--json", action="store_true", help="one JSON object a line (the only form there is)")
    options = parser.parse_args()
    enforce()
    for features in options.features:
        for arithmetic in ("native",) if options.detail else ("native", "portable"):
            found = measure(features, options.k, options.dtype, arithmetic, options.seconds, detail=options.detail)
            print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
