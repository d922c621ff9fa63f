"""kill -9 at random moments, of processes that train."""

from __future__ import annotations

import math
import multiprocessing
import os
import signal
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Literal

from benchmarks.injected.reading import trained
from benchmarks.injected.tally import Tally
from benchmarks.injected.training import SmallTraining
from longcon.builds import Build, Store
from longcon.builds.checkpoints import Checkpoints
from longcon.draws import Draws
from longcon.errors import BuildError, LongconError

_LANES = 2
_TURNS = 3
_FORK = multiprocessing.get_context("fork")


@dataclass(frozen=True)
class Killing:
    """What is killed, how often and when.

    Attributes:
        training: of a build.
        uncut: that build, trained by a process that nobody killed.
        kills: how many, each at a moment that is uniform over what a process takes that nobody kills.
        seed: of the moments.
        start: ``"fork"`` where this process has loaded what trains and has one thread, else ``"forkserver"``.
    """

    training: SmallTraining
    uncut: Build
    kills: int
    seed: int
    start: Literal["fork", "forkserver"] = "forkserver"


def killed_in_training(killing: Killing) -> Tally:
    """Kills processes that train, has another go on each time, and compares what comes of it with the uncut build."""
    return in_lanes("kill -9 while training", _train, killing)


def in_lanes(fault: str, kill: Callable[[Killing, Tally], Tally], killing: Killing) -> Tally:
    """Divides the kills of one kind among processes, since each mostly waits, and counts what became of all.

    Args:
        fault: the kind in words.
        kill: kills as often as it is told and counts into a tally.
        killing: what is to be killed, and how often in all.
    """
    tally = Tally(fault)
    shares = [
        replace(killing, kills=len(range(lane, killing.kills, _LANES)), seed=killing.seed + lane)
        for lane in range(_LANES)
    ]
    context = multiprocessing.get_context(killing.start)
    context.set_forkserver_preload([__name__])
    with ProcessPoolExecutor(_LANES, mp_context=context) as pool:
        for counted in pool.map(kill, shares, [Tally(fault)] * _LANES):
            tally.merge(counted)
    return tally


def _train(killing: Killing, tally: Tally) -> Tally:
    moments = Draws(killing.seed, "moments")
    with tempfile.TemporaryDirectory() as place:
        # What is loaded when it is first used, each process that is forked would load again.
        killing.training.obtain(Path(place, "first"))
        longest = seconds_of(lambda number: killing.training.obtain(Path(place, str(number))))
    while tally.tried < killing.kills:
        with tempfile.TemporaryDirectory() as place:
            _one_build(killing, Path(place, "store"), longest, moments, tally)
    return tally


def _one_build(killing: Killing, root: Path, longest: float, moments: Draws, tally: Tally) -> None:
    """Kills the training of one build until it is finished all the same, or there were enough kills."""
    training = replace(killing.training, told=_no_note)
    given: list[str] = []
    epoch = 0
    try:
        while tally.tried + len(given) < killing.kills:
            moment = longest * float(moments.uniform(1)[0])
            if killed_after(moment, partial(training.obtain, root)) != -signal.SIGKILL:
                break
            given.append(f"{moment:.4f}")
            before, epoch = epoch, _last_checkpoint(training, root)
            if epoch < before:
                raise BuildError(f"The checkpoint of epoch {before} is gone.")
        build = training.obtain(root, run="last")
    except (LongconError, OSError) as error:
        tally.add("lost", f"after kills at {', '.join(given)} s: {error}", len(given))
        return
    left = [path.name for name in ("builds", "checkpoints") for path in (root / name).iterdir()]
    right = trained(build) == trained(killing.uncut) and left == [build.folder.name]
    tally.add("survived" if right else "wrong", f"after kills at {', '.join(given)} s", len(given))


def _no_note(**message: object) -> None:
    """A training that goes on says nothing; one that begins anew says why, and what it did is lost."""
    if "note" in message:
        raise BuildError(str(message["note"]))


def _last_checkpoint(training: SmallTraining, root: Path) -> int:
    """Returns the epoch that the next process goes on from, the last one where it will find the build itself."""
    store, request = Store(root, "look"), training.request
    if store.find(request) is not None:
        return training.recipe.epochs
    checkpoint = Checkpoints(store.checkpoint_path(request.key), request.key, 0.0, print).read()
    return checkpoint.epoch if checkpoint else 0


def seconds_of(what: Callable[[int], object]) -> float:
    """Returns how long a process takes to do something, given a number: the least of a few, since others work here."""
    least = math.inf
    for number in range(_TURNS):
        begun = time.monotonic()
        process = _FORK.Process(target=what, args=(number,))
        process.start()
        process.join()
        least = min(least, time.monotonic() - begun)
    return least


def killed_after(seconds: float, what: Callable[[], object]) -> int | None:
    """Kills a process that does something after so many seconds, unless it ends before, and returns its exit code."""
    process = _FORK.Process(target=what)
    process.start()
    process.join(seconds)
    if process.is_alive():
        os.kill(process.pid or 0, signal.SIGKILL)
    process.join()
    return process.exitcode
