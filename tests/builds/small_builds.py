"""Builds of a few kilobytes, written without training, and stores of them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from longcon.builds import BuildRequest, canonical_json
from longcon.builds.build_writer import seal, write_build
from longcon.problems import Roster
from longcon.training import Recipe, Snapshot, Training, Trajectory

_REQUEST = BuildRequest("d", Recipe(k=2), "cpu", "n", {}, "c", 1, (0,), False)
_STARTED = "2026-01-02T03:04:05+00:00"
SIGNATURE = b'{"signed": "by nobody"}\n'


def small_keys(*replicates: int) -> tuple[str, ...]:
    """Returns the keys of builds, sorted, as an archive has them."""
    return tuple(sorted(replace(_REQUEST, replicate=replicate).key for replicate in replicates))


def write_small(place: Path, replicate: int = 1, run: str = "r", weight: float = 1.0) -> str:
    """Writes a build into a folder of ``place`` and returns its key; ``run`` is told in its manifest alone."""
    request = replace(_REQUEST, replicate=replicate)
    ones = np.ones((2, 2))
    one = np.ones(1)
    trajectory = Trajectory(np.ones((2, 256)), np.ones(2, dtype=np.uint64), one, one, one, one, one, one)
    training = Training({0: Snapshot({"w": ones * weight}, ones, ones)}, (), 0, trajectory)
    roster = Roster("p", ("a", "b"), "a", ("h0", "h1"), np.array([0, 1]), ("p0", "p1"), simulated=True)
    folder = place / request.key
    folder.mkdir(parents=True)
    write_build(folder, request, training, roster, fingerprint={}, settings={}, run=run, started=_STARTED, seconds=1.0)
    return request.key


def small_store(root: Path, *replicates: int, signed: bool = False, run: str = "r") -> tuple[str, ...]:
    """Makes a store of builds, signs the first of them where asked for, and returns their keys, sorted."""
    keys = tuple(sorted(write_small(root / "builds", replicate, run) for replicate in replicates))
    if signed:
        (root / "signatures").mkdir()
        (root / "signatures" / f"{keys[0]}.json").write_bytes(SIGNATURE)
    return keys


def told_otherwise(folder: Path, change: Callable[[dict[str, Any]], object]) -> Path:
    """Changes a manifest, seals it anew as an attacker would, and returns the folder, renamed to its key."""
    manifest = json.loads((folder / "manifest.json").read_bytes())
    del manifest["digest"]
    change(manifest)
    (folder / "manifest.json").write_bytes(seal(manifest))
    return folder.rename(folder.with_name(key_of(manifest)))


def key_of(manifest: Mapping[str, Any]) -> str:
    """Returns the key of the request that a manifest tells."""
    return hashlib.sha256(canonical_json(manifest["request"])).hexdigest()[:32]


def names_in(place: Path) -> list[str]:
    """Returns what lies in a folder, hidden or not."""
    return sorted(path.name for path in place.iterdir())


def tree(root: Path, *names: str) -> dict[str, bytes | None]:
    """Returns what lies in these folders of a store, hidden or not: the bytes of files, None for folders."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes() if path.is_file() else None
        for name in names or ("builds", "signatures")
        for path in (root / name).rglob("*")
    }
