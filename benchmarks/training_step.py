"""Times one training step: plain PyTorch, longcon's native loop and portable arithmetic, side by side.

    python benchmarks/training_step.py --features 51000 --k 1 --dtype float64 --json

Every way trains the paper's network from the same initial values on the same random cases with one thread. The ways
take turns, an epoch of a few steps each, so that a machine that slows down slows all of them; the least time counts.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from torch import nn

# A script's own folder is on the path, the repository's root is not.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from longcon.devices import enforce
from longcon.draws import Draws
from longcon.training import Cases, Ordering, Recipe, State, case_order, initial_state
from longcon.training.loop import trainer_for
from longcon.training.network import network, with_state

CLASSES = 7
STEPS = 8


class Way(Protocol):
    """A way to train."""

    def epoch(self) -> object:
        """Trains one epoch."""

    def state(self) -> State:
        """Returns the parameters."""


class PlainTrainer:
    """The loop that any user of PyTorch writes, with torch.optim.Adamax."""

    def __init__(self, recipe: Recipe, training: Cases, place: torch.device, *, foreach: bool) -> None:
        assert training.labels is not None
        features, dtype = training.values.shape[1], getattr(torch, recipe.dtype)
        start = initial_state(features, recipe.widths, CLASSES, recipe.seed, recipe.dtype)
        tensors = {name: torch.from_numpy(value) for name, value in start.items()}
        self._model = with_state(network(features, recipe.widths, CLASSES, dtype), tensors, place)
        order = case_order(len(training.labels), recipe.seed)
        self._k = recipe.k
        self._inputs = torch.from_numpy(training.values[order]).to(dtype).to(place)
        self._labels = torch.from_numpy(training.labels[order]).to(place)
        self._optimiser = torch.optim.Adamax(
            self._model.parameters(), lr=recipe.learning_rate, weight_decay=recipe.weight_decay, foreach=foreach
        )

    def epoch(self) -> None:
        """Trains one epoch."""
        for begin in range(0, len(self._labels), self._k):
            batch = slice(begin, begin + self._k)
            self._optimiser.zero_grad()
            loss = nn.functional.cross_entropy(self._model(self._inputs[batch]), self._labels[batch])
            loss.backward()  # type: ignore[no-untyped-call]
            self._optimiser.step()

    def state(self) -> State:
        """Returns the parameters."""
        return {name: value.cpu().numpy() for name, value in self._model.state_dict().items()}


def cohort(features: int, k: int) -> Cases:
    """Returns random cases for one epoch of a few steps."""
    draws = Draws(0, "benchmark")
    return Cases(draws.normal(STEPS * k, features), np.arange(STEPS * k, dtype=np.int64) % CLASSES)


def measure(features: int, k: int, dtype: str, seconds: float, device: str = "cpu") -> dict[str, object]:
    """Returns milliseconds a step of every way, and their ratios.

    Args:
        features: width of the input.
        k: cases in a minibatch.
        dtype: ``"float64"`` or ``"float32"``.
        seconds: how long to take turns.
        device: ``"cpu"`` or ``"cuda"``.
    """
    cases = cohort(features, k)
    recipe = Recipe(k=k, dtype=dtype)  # type: ignore[arg-type]
    portable = Recipe(k=k, dtype=dtype, arithmetic="portable")  # type: ignore[arg-type]
    place, order = torch.device(device), Ordering.identity(features, recipe.widths)
    trainers: dict[str, Way] = {
        "plain_foreach_off": PlainTrainer(recipe, cases, place, foreach=False),
        "plain_foreach_on": PlainTrainer(recipe, cases, place, foreach=True),
        "native": trainer_for(recipe, CLASSES, cases, place, order),
        "portable": trainer_for(portable, CLASSES, cases, place, order),
    }
    ways = {name: trainer.epoch for name, trainer in trainers.items()}
    least, epochs = _take_turns(ways, seconds)
    step = {name: 1e3 * time_ / STEPS for name, time_ in least.items()}
    identical = _same(trainers["native"].state(), trainers["plain_foreach_on"].state())
    product, copied = _forward_product(features, k, dtype, place), _copy_bandwidth(features, dtype, place)
    plain = min(step["plain_foreach_off"], step["plain_foreach_on"])
    # A step reads and writes the first layer's weights and both moments at least once.
    moved = 6 * 128 * features * np.dtype(dtype).itemsize
    return {
        "features": features,
        "k": k,
        "dtype": dtype,
        "device": device,
        "threads": torch.get_num_threads(),
        "steps": epochs * STEPS,
        **{f"{name}_ms": round(value, 3) for name, value in step.items()},
        "forward_product_ms": round(product, 3),
        "copy_gb_per_s": round(copied / 1e9, 1),
        "native_speedup": round(plain / step["native"], 2),
        "portable_speedup": round(plain / step["portable"], 2),
        "fraction_of_bandwidth": round(moved / (1e-3 * step["portable"]) / copied, 2),
        "native_fraction_of_bandwidth": round(moved / (1e-3 * step["native"]) / copied, 2),
        "bit_identical_to_plain": identical,
    }


def _take_turns(ways: dict[str, Callable[[], object]], seconds: float) -> tuple[dict[str, float], int]:
    """Returns the least seconds of each way, after one turn that does not count, and how many turns there were."""
    least = dict.fromkeys(ways, float("inf"))
    end, turns = time.perf_counter() + seconds, 0
    while turns < 3 or time.perf_counter() < end:
        for name, way in ways.items():
            start = time.perf_counter()
            way()
            _wait()
            if turns:
                least[name] = min(least[name], time.perf_counter() - start)
        turns += 1
    return least, turns


def _same(a: State, b: State) -> bool:
    return all(value.tobytes() == b[name].tobytes() for name, value in a.items())


def _wait() -> None:
    """Waits until a GPU has done what it was given; a clock read earlier times only the giving."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def _least(way: Callable[[], object], turns: int = 5) -> float:
    way()
    _wait()
    times = []
    for _ in range(turns):
        start = time.perf_counter()
        way()
        _wait()
        times.append(time.perf_counter() - start)
    return min(times)


def _forward_product(features: int, k: int, dtype: str, place: torch.device) -> float:
    kind = getattr(torch, dtype)
    weight = torch.ones(128, features, dtype=kind, device=place)
    inputs = torch.ones(k, features, dtype=kind, device=place)
    return 1e3 * _least(lambda: nn.functional.linear(inputs, weight))


def _copy_bandwidth(features: int, dtype: str, place: torch.device) -> float:
    source = torch.ones(128, features, dtype=getattr(torch, dtype), device=place)
    target = torch.empty_like(source)
    return 2 * source.nbytes / _least(lambda: target.copy_(source))


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--features", type=int, default=51000)
    parser.add_argument("--k", type=int, default=1)
    parser.add_argument("--dtype", choices=("float64", "float32"), default="float64")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--seconds", type=float, default=20.0, help="how long the ways take turns")
    parser.add_argument("--json", action="store_true", help="one JSON object (the only form there is)")
    options = parser.parse_args()
    enforce()
    print(json.dumps(measure(options.features, options.k, options.dtype, options.seconds, options.device)))


if __name__ == "__main__":
    main()
