"""Bytes that change where they lie: what is read of a build afterwards, if anything."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load, save

from benchmarks.injected.tally import Tally
from longcon.builds.build_writer import seal
from longcon.draws import Draws

Files = Mapping[str, bytes]
Damage = Callable[["Damaged"], tuple[str, Files]]
"""Makes damage: what it is in words, and the files that it changes, by their names."""

MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Damaged:
    """What damage is done to.

    Attributes:
        files: content of each file, by its name.
        others: the same of another build.
        epoch: the released one.
        draws: that decide what is done where.
    """

    files: Files
    others: Files
    epoch: int
    draws: Draws

    def below(self, bound: int) -> int:
        """Returns a uniform draw of 0 to ``bound - 1``."""
        return int(bound * float(self.draws.uniform(1)[0]))

    def any_of(self, names: Iterator[str] | list[str]) -> str:
        """Returns one of some names."""
        known = sorted(names)
        return known[self.below(len(known))]


def corrupted(
    fault: str, count: int, folder: Path, damaged: Damaged, damage: Damage, read: Callable[[], object]
) -> Tally:
    """Damages files in a folder again and again, reads, and puts back what was there.

    Args:
        fault: the kind in words.
        count: how often.
        folder: of the files.
        damaged: the files, as they are.
        damage: what is done to them.
        read: reads everything; what it returns before any damage is what must be read.
    """
    tally, written = Tally(fault), read()
    for _ in range(count):
        what, changed = damage(damaged)
        for name, content in changed.items():
            (folder / name).write_bytes(content)
        tally.add_reading(read, written, what)
        for name in changed:
            (folder / name).write_bytes(damaged.files[name])
    return tally


def bit_flip(damaged: Damaged) -> tuple[str, Files]:
    """Turns one bit of one file."""
    name = damaged.any_of(list(damaged.files))
    content = bytearray(damaged.files[name])
    place, bit = damaged.below(len(content)), damaged.below(8)
    content[place] ^= 1 << bit
    return f"bit {bit} of byte {place} of {name}", {name: bytes(content)}


def truncation(damaged: Damaged) -> tuple[str, Files]:
    """Cuts one file short."""
    name = damaged.any_of(list(damaged.files))
    length = damaged.below(len(damaged.files[name]))
    return f"{name} cut after {length} bytes", {name: damaged.files[name][:length]}


def swap_within(damaged: Damaged) -> tuple[str, Files]:
    """Swaps two files of the build."""
    one = damaged.any_of(list(damaged.files))
    other = damaged.any_of([name for name in damaged.files if name != one])
    return f"{one} and {other} swapped", {one: damaged.files[other], other: damaged.files[one]}


def swap_between(damaged: Damaged) -> tuple[str, Files]:
    """Puts files of another build in the place of one, of some or of all."""
    names = sorted(set(damaged.files) & set(damaged.others))
    chosen = [name for name in names if damaged.below(2)] or names
    return f"{', '.join(chosen)} of another build", {name: damaged.others[name] for name in chosen}


def edit(damaged: Damaged) -> tuple[str, Files]:
    """Edits one value of the manifest, as with a text editor."""
    manifest = json.loads(damaged.files[MANIFEST])
    what = _change(damaged, manifest, list(_leaves(manifest)))
    return what, {MANIFEST: json.dumps(manifest, indent=1, sort_keys=True).encode() + b"\n"}


def sealed_edit(damaged: Damaged) -> tuple[str, Files]:
    """Edits one value of the manifest that says what the build is, and seals it again as longcon would."""
    manifest = json.loads(damaged.files[MANIFEST])
    del manifest["digest"]
    # The others say when, where and how long it was trained; a signature tells of those.
    decisive = [path for path in _leaves(manifest) if path[0] in ("request", "files", "best_epoch")]
    decisive += [path for path in _leaves(manifest) if path[0] == "history" and path[-1] == "epoch"]
    decisive.append(("history", damaged.epoch - 1, "holdout_error"))
    what = _change(damaged, manifest, decisive)
    return f"{what}, sealed", {MANIFEST: seal(manifest)}


def sealed_values(damaged: Damaged) -> tuple[str, Files]:
    """Changes one parameter or score on which calls rest, and seals all digests again."""
    name = damaged.any_of(["state-0000.safetensors", f"state-{damaged.epoch:04d}.safetensors", "scores.safetensors"])
    arrays = {key: value.copy() for key, value in load(damaged.files[name]).items()}
    key = damaged.any_of([key for key in arrays if name[:5] == "state" or key.startswith(f"{damaged.epoch:04d}/")])
    place = damaged.below(arrays[key].size)
    flat = arrays[key].reshape(-1)
    # The least change of a parameter shows in the trajectory; scores are computed again, with some slack.
    flat[place] = np.nextafter(flat[place], np.inf) if name[:5] == "state" else 1 - flat[place]
    content = save(arrays)
    manifest = json.loads(damaged.files[MANIFEST])
    del manifest["digest"]
    manifest["files"][name] = hashlib.sha256(content).hexdigest()
    return f"value {place} of {key} in {name}, sealed", {name: content, MANIFEST: seal(manifest)}


Path_ = tuple[str | int, ...]


def _leaves(value: Any, path: Path_ = ()) -> Iterator[Path_]:
    """Yields the places of all values that hold no others."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if inner is None:
        yield path
        return
    for name, each in inner:
        yield from _leaves(each, (*path, name))


def _change(damaged: Damaged, manifest: Any, places: list[Path_]) -> str:
    """Changes the value in one of some places, to one of its kind or of another."""
    path = places[damaged.below(len(places))]
    holder = manifest
    for name in path[:-1]:
        holder = holder[name]
    former = holder[path[-1]]
    holder[path[-1]] = _another(damaged, former)
    return f"{'/'.join(map(str, path))} is {holder[path[-1]]!r}, was {former!r}"


def _another(damaged: Damaged, value: Any) -> Any:
    if damaged.below(4) == 0:
        return [None, [], {}, "x", -1, 1e300, 1 << 70][damaged.below(7)]
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if isinstance(value, float):
        return float(np.nextafter(value, np.inf))
    if isinstance(value, str) and value:
        place = damaged.below(len(value))
        return value[:place] + ("0" if value[place] != "0" else "1") + value[place + 1 :]
    return "another"
