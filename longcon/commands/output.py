"""What a command writes where --out says."""

from __future__ import annotations

from pathlib import Path

from longcon.builds.files import write_file
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
        raise UsageError(str(error).replace("--store", "--out")) from None
