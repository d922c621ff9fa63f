"""The health of a store: whether its builds are as they were written, and what else lies there; nothing is written."""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from longcon.builds.build import Build, altered, read_build
from longcon.builds.manifest import MANIFEST
from longcon.errors import StoreError

_KEY = re.compile(r"[0-9a-f]{32}")
_STAGING = re.compile(r"\.([0-9a-f]{32})\.[0-9a-f]{32}|\.(import)")
_DATA = re.compile(r"([0-9a-f]{64})\.safetensors")
_SHOWN = 5

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class StoreHealth:
    """What a store holds.

    Attributes:
        root: folder of the store.
        sound: how many builds are as they were written, in every byte.
        altered: one sentence for each build that is not.
        staging: folders in which a killed run or import was writing builds.
        unfinished: keys of builds that were begun and have a checkpoint to go on from.
        under_way: keys of builds that another process is training or writing now, or ``import``.
        wrong_data: one sentence for each file of data whose bytes are not those of its name.
        size: bytes of all its files.
        free: bytes that its file system has left for this user.
        writable: whether builds could be added.
    """

    root: Path
    sound: int
    altered: tuple[str, ...]
    staging: tuple[Path, ...]
    unfinished: tuple[str, ...]
    under_way: tuple[str, ...]
    wrong_data: tuple[str, ...]
    size: int
    free: int
    writable: bool


def store_health(root: Path, progress: Progress = lambda _done, _total: None) -> StoreHealth | None:
    """Returns how a store is, every build of it read as a whole; None where there is none yet.

    Args:
        root: folder of the store.
        progress: told how many of how many builds have been read.

    Raises:
        StoreError: something that is no folder is there, or it cannot be listed.
    """
    if os.path.lexists(root) and not root.is_dir():
        raise StoreError(f"{root} is no folder, but a store is one: give another --store.")
    builds = root / "builds"
    if not builds.is_dir():
        return None
    names, begun = _names(builds), [path.parent.name for path in sorted(root.glob("checkpoints/*/checkpoint"))]
    staging = {name: found[1] or found[2] for name in names if (found := _STAGING.fullmatch(name))}
    under_way = {name for name in (*staging.values(), *begun) if _is_held(root / "locks" / f"{name}.lock")}
    faults = [_fault(builds / key, key) for key in _told(filter(_KEY.fullmatch, names), progress)]
    return StoreHealth(
        root,
        sound=faults.count(None),
        altered=tuple(fault for fault in faults if fault is not None),
        staging=tuple(builds / name for name, lock in staging.items() if lock not in under_way),
        unfinished=tuple(key for key in begun if key not in under_way),
        under_way=tuple(sorted(under_way)),
        wrong_data=tuple(_faults_of_data(root / "data")),
        size=_size(root),
        free=shutil.disk_usage(root).free,
        writable=all(os.access(place, os.W_OK | os.X_OK) for place in (root, builds)),
    )


def verified_build(folder: Path, key: str) -> Build:
    """Returns the build in a folder after reading all of its files: they are those of its manifest, and no others.

    Raises:
        StoreError: a file was altered, is missing or was added, or the manifest is none of ``key``.
    """
    build = read_build(folder, key)
    digests = build.manifest["files"]
    faults = differences(folder, {name: digests.get(name) for name in (*digests, MANIFEST)})
    if faults:
        raise altered(folder, faults)
    return build


def differences(folder: Path, digests: dict[str, str | None]) -> str:
    """Returns in words how the files of a folder differ from what was written of them; nothing where they do not.

    Args:
        folder: of a build, which has no folders in it.
        digests: SHA-256 by name, None for any.
    """
    there = set(_names(folder))
    faults = []
    for name, digest in sorted(digests.items()):
        if name not in there:
            faults.append(f"{name} is missing")
        elif (fault := _fault_of_file(folder / name, digest)) is not None:
            faults.append(f"{name} {fault}")
    faults += [f"{_printable(name)} was added" for name in sorted(there - set(digests))]
    more = [f"{len(faults) - _SHOWN} more"] if len(faults) > _SHOWN else []
    return ", ".join(faults[:_SHOWN] + more)


def _fault(folder: Path, key: str) -> str | None:
    try:
        verified_build(folder, key)
    except StoreError as error:
        return str(error)
    return None


def _faults_of_data(folder: Path) -> Iterator[str]:
    for name in _names(folder):
        found = _DATA.fullmatch(name)
        fault = _fault_of_file(folder / name, found[1]) if found else None
        if fault is not None:
            yield f"Data {folder / name} {fault}: delete the file, and a run that needs it writes it again."


def _fault_of_file(path: Path, digest: str | None) -> str | None:
    """Returns what is wrong with a file, in words; no link is followed, and no pipe waited for."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                return "is no plain file"
            is_same = digest is None or hashlib.file_digest(file, "sha256").hexdigest() == digest
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    return None if is_same else "has other bytes"


def _names(folder: Path) -> list[str]:
    try:
        return sorted(place.name for place in folder.iterdir())
    except FileNotFoundError:
        return []
    except OSError as error:
        raise StoreError(f"{folder} cannot be listed ({error.strerror}): give rights there.") from error


def _is_held(lock: Path) -> bool:
    """Whether another process holds a lock; asked of the file as it is, since a store may be another's."""
    try:
        descriptor = os.open(lock, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:  # a file system without locks
        return False
    finally:
        os.close(descriptor)
    return False


def _size(root: Path) -> int:
    size = 0
    for place, _, files in os.walk(root):
        for name in files:
            try:
                size += Path(place, name).lstat().st_size
            except FileNotFoundError:  # another process works here
                continue
    return size


def _told(items: Iterable[str], progress: Progress) -> Iterator[str]:
    every = list(items)
    for done, item in enumerate(every, start=1):
        yield item
        progress(done, len(every))


def _printable(name: str) -> str:
    """Returns a name that others chose, so that a terminal does not obey it."""
    return name if name.isprintable() else ascii(name)
