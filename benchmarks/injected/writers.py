"""Processes that ask one store for the same builds at once."""

from __future__ import annotations

import multiprocessing
import os
import tempfile
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.injected.reading import content
from benchmarks.injected.tally import Tally
from benchmarks.injected.training import SmallTraining
from longcon.builds import Build, Store
from longcon.draws import Draws

_FORK = multiprocessing.get_context("fork")


@dataclass(frozen=True)
class Writer:
    """One of the processes.

    Attributes:
        root: of the store, which nobody has opened before.
        trainings: of the builds.
        order: in which they are asked for.
        trained: a file that notes, a line each, which were trained.
    """

    root: Path
    trainings: tuple[SmallTraining, ...]
    order: tuple[int, ...]
    trained: Path


def written_at_once(training: SmallTraining, uncut: Build, *, processes: int, builds: int, seed: int) -> Tally:
    """Has processes, each a run of its own, obtain the same builds; each must be trained once and read alike by all."""
    tally, draws = Tally(f"{processes} processes write one store"), Draws(seed, "writers")
    trainings = tuple(replace(training, replicate=1 + number) for number in range(builds))
    with tempfile.TemporaryDirectory() as place, ProcessPoolExecutor(processes, mp_context=_FORK) as pool:
        root, trained = Path(place, "store"), Path(place, "trained")
        orders = [tuple(map(int, draws.permutation(builds))) for _ in range(processes)]
        found = list(pool.map(_obtain, [Writer(root, trainings, order, trained) for order in orders]))
        times = Counter(trained.read_text().split())
    states = {name: value for name, value in content(uncut).items() if name.startswith("state")}
    for number, each in enumerate(trainings):
        read = [builds_[number] for builds_ in found]
        for one in read:
            right = one == read[0] and all(one[name] == value for name, value in states.items())
            tally.add("survived" if right else "wrong", f"replicate {number + 1}")
        if times[each.request.key] != 1:
            tally.add("lost", f"replicate {number + 1} was trained {times[each.request.key]} times")
    return tally


def _obtain(writer: Writer) -> dict[int, dict[str, object]]:
    found = {}
    for number in writer.order:
        training = writer.trainings[number]
        store = Store(writer.root, f"run-{os.getpid()}")
        store.put_data(training.data)

        def train(folder: Path, training: SmallTraining = training, store: Store = store) -> None:
            with writer.trained.open("a") as file:
                file.write(f"{training.request.key}\n")
            training.train(store, folder)

        found[number] = content(store.obtain(training.request, train))
    return found
