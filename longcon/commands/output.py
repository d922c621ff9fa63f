"""What a command writes where --out says."""

from __future__ import annotations

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


def not_writable(path: Path, error: OSError) -> UsageError:
    """Returns the error that says why ``path`` could not be written."""
    return _of_out(unwritable(path, error))


def _of_out(error: StoreError) -> UsageError:
    return UsageError(str(error).replace("another --store", "another --out"))
