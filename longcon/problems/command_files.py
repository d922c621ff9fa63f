"""The files that a command may read: all below the folder of its protocol, each by its name there."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from longcon.errors import ProblemError, did_you_mean

_CACHE = "__pycache__"


def read_files(folder: Path, names: Sequence[str]) -> dict[str, Path]:
    """Returns the files behind names of files and folders: the name below ``folder`` and the path, in order of names.

    Folders are taken with all that is in them, save what Python caches there and what is hidden.

    Raises:
        ProblemError: one is absent, is neither a file nor a folder, or lies outside ``folder``.
    """
    root = folder.absolute()
    found: dict[str, Path] = {}
    for name in names:
        start = _below(folder, name)
        for path in _walk(root, start) if start.is_dir() else [start]:
            relative = path.relative_to(root).as_posix()
            _require_inside(folder, path, relative)
            if not path.is_file():
                raise ProblemError(
                    f"The command reads {relative!r}, which is neither a file nor a folder: list what can be read."
                )
            found[relative] = path
    return dict(sorted(found.items()))


def _below(folder: Path, name: str) -> Path:
    if not name or "\0" in name or Path(name).is_absolute() or ".." in Path(name).parts:
        raise _outside(folder, name)
    path = folder.absolute() / name
    _require_inside(folder, path, name)
    if not _exists(path):
        near = [entry.name for entry in path.parent.iterdir()] if path.parent.is_dir() else []
        hint = did_you_mean(path.name, near)
        raise ProblemError(
            f"The command reads {name!r}, which is not in {folder}{hint}: put it there or correct the name."
        )
    return path


def digest_of_file(path: Path) -> str:
    """Returns the SHA-256 of a file's bytes, read piece by piece.

    Raises:
        ProblemError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ProblemError(
            f"{path} cannot be read ({error.strerror}), but the command reads it: give rights."
        ) from error


def _walk(root: Path, start: Path) -> Iterator[Path]:
    for place, folders, files in os.walk(start, onerror=_unreadable):
        folders[:] = sorted(name for name in folders if name != _CACHE and not name.startswith("."))
        for name in folders:
            if (Path(place) / name).is_symlink():
                relative = (Path(place) / name).relative_to(root).as_posix()
                raise ProblemError(
                    f"The command reads {relative!r}, which is a link to a folder: list the folder itself instead."
                )
        yield from (Path(place) / name for name in sorted(files) if not name.startswith("."))


def _unreadable(error: OSError) -> None:
    raise ProblemError(
        f"{error.filename} cannot be read ({error.strerror}), but the command reads it: give rights."
    ) from error


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # too long for a name
        return False


def _require_inside(folder: Path, path: Path, name: str) -> None:
    try:
        inside = path.resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError):  # a link to itself
        inside = False
    if not inside:
        raise _outside(folder, name)


def _outside(folder: Path, name: str) -> ProblemError:
    return ProblemError(
        f"The command reads {name!r}, which does not lie in {folder}: put it there and name it from there."
    )
