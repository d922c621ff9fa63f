"""What a command writes where --out says."""

from __future__ import annotations

import tempfile
from pathlib import Path

from longcon.builds.files import unwritable, write_file
from longcon.commands.parser import UsageError
from longcon.errors import StoreError


def write_out(path: Path, content: bytes) -> None:
    """Writes ``content`` so that ``path`` holds either all of it or what it held before.

    Raises:
        UsageError: the file system did not take it.
    """
    try:
        write_file(path, content)
    except StoreError as error:
        raise _of_out(error) from None


def require_writable(folder: Path) -> None:
    """Tries a folder, and makes it, before hours of training depend on it.

    Raises:
        UsageError: nothing can be written there.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return
    except OSError as error:
        raise _of_out(unwritable(folder, error)) from None


def _of_out(error: StoreError) -> UsageError:
    return UsageError(str(error).replace("another --store", "another --out"))
