"""Stores of builds that were written without training, of which every score is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from longcon.builds import BuildRequest, read_build
from longcon.builds.build import Build
from longcon.builds.build_writer import Contents, write_build, write_contents
from longcon.problems import Roster
from longcon.training import Epoch, Recipe, Snapshot, Training, Trajectory

STARTED = "2026-01-02T03:04:05.678+00:00"
ROSTER = Roster(
    problem="clouds",
    classes=("a", "b"),
    target="a",
    holdout_cases=("h0", "h1", "h2", "h3"),
    holdout_labels=np.array([0, 0, 1, 1]),
    prospective_cases=("p0", "p1", "p2", "p3", "p4"),
    simulated=True,
)
HOLDOUT = (0.9, 0.6, 0.3, 0.2)
PROSPECTIVE = (0.95, 0.7, 0.5, 0.25, 0.05)
REQUEST = BuildRequest(
    data="d" * 64,
    recipe=Recipe(k=2, epochs=2, learning_rate=0.004, weight_decay=0.01),
    device="cpu",
    numeric_class="a" * 64,
    software={"torch": "2.13.0"},
    code="c" * 32,
    replicate=1,
    record=(0, 1, 2),
    keep_best=True,
)
HARDWARE = {"processor": "Some Processor"}


def shelve(
    store: Path,
    *,
    recipe: Mapping[str, Any] | None = None,
    roster: Roster = ROSTER,
    holdout: tuple[float, ...] = HOLDOUT,
    prospective: tuple[float, ...] = PROSPECTIVE,
    weights: tuple[float, ...] = (1.0, 2.0),
    digests: tuple[int, ...] = (1, 2, 3),
    epochs: tuple[int, ...] = (0, 1, 2),
    best: int = 1,
    seconds: float = 1.25,
    **request: Any,
) -> str:
    """Writes a build into a store and returns its key.

    Args:
        store: folder of builds.
        recipe: what its recipe says otherwise.
        roster: its cases.
        holdout: scores of the first class at every epoch.
        prospective: likewise.
        weights: its parameters at every epoch but the initial one, where all are 1.
        digests: of its states.
        epochs: that it keeps.
        best: its best epoch.
        seconds: how long it took; two trainings never take the same.
        request: what its request says otherwise.
    """
    asked = replace(REQUEST, **{"recipe": replace(REQUEST.recipe, **(recipe or {})), **request})
    steps = len(digests) - 1
    each = np.ones(steps)
    states = np.array(digests, dtype=np.uint64)
    trajectory = Trajectory(np.ones((steps + 1, 256)), states, each, each, each, each, each, each)
    snapshots = {
        epoch: Snapshot({"w": np.array(weights) if epoch else np.ones(len(weights))}, of(holdout), of(prospective))
        for epoch in epochs
    }
    history = tuple(Epoch(epoch, 0.5, 0.75, 0.25 if epoch == best else 0.5) for epoch in range(1, 3))
    folder = store / "builds" / asked.key
    folder.mkdir(parents=True)
    write_build(
        folder,
        asked,
        Training(snapshots, history, best, trajectory),
        roster,
        fingerprint={"hardware": HARDWARE},
        settings={},
        run="run-1",
        started=STARTED,
        seconds=seconds,
    )
    return asked.key


def shelve_command(store: Path, *, weights: tuple[float, ...] = (), seconds: float = 2.5, **request: Any) -> str:
    """Writes a build of a command, with or without parameters, and returns its key."""
    problem = {"command": "python train.py --out {out}", "source": "5" * 64}
    asked = replace(REQUEST, problem=problem, keep_best=False, record=(), **request)
    state = {"w": np.array(weights)} if weights else {}
    folder = store / "builds" / asked.key
    folder.mkdir(parents=True)
    about = {
        "fingerprint": {},
        "settings": {},
        "run": "run-1",
        "started": STARTED,
        "seconds": seconds,
        "resumed_at": [],
        "best_epoch": 1,
        "history": [{"epoch": 1, "holdout_error": 0.25}],
    }
    write_contents(
        folder,
        asked,
        Contents({1: Snapshot(state, of(HOLDOUT), of(PROSPECTIVE))}, ROSTER, {"log.txt": b"done\n"}),
        about,
    )
    return asked.key


def of(first: tuple[float, ...]) -> NDArray[np.float64]:
    """Returns scores of two classes, of which the first one's are given."""
    return np.array([first, [1 - score for score in first]]).T.copy()


def build_of(store: Path, key: str) -> Build:
    """Returns a build of a store."""
    return read_build(store / "builds" / key, key)


def names_in(store: Path) -> set[str]:
    """Returns the names of everything in a store, to see that nothing was made."""
    return {path.relative_to(store).as_posix() for path in store.rglob("*")}
