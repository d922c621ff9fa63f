"""The files of a folder as they lie there: no link is followed, and no more is read than an audit can have."""

from __future__ import annotations

import os
import stat
from pathlib import Path

# The largest audit measured had a tenth of this.
LARGEST = 64 << 20


def names_in(folder: Path) -> tuple[str, ...]:
    """Returns everything in a folder that is no folder, at any depth, by relative name with forward slashes, sorted."""
    found = []
    for place, folders, files in os.walk(folder, followlinks=False):
        links = [name for name in folders if Path(place, name).is_symlink()]
        found += [Path(place, name).relative_to(folder).as_posix() for name in (*files, *links)]
    return tuple(sorted(found))


def read_plain(folder: Path, name: str) -> bytes | str:
    """Returns a file's bytes, or in words why they were not read.

    Args:
        folder: which the file must not leave, by a link on the way either.
        name: relative, with forward slashes.
    """
    path = folder
    for part in name.split("/"):
        path = path / part
        if path.is_symlink():
            return "is a link, which was not followed"
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            return "is no plain file"
        if status.st_size > LARGEST:
            return f"has {status.st_size:,} bytes, more than any audit's"
        try:
            return file.read(LARGEST)
        except OSError as error:
            return f"cannot be read ({error.strerror})"
