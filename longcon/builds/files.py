"""Files that are whole or absent: written aside, synced, renamed."""

from __future__ import annotations

import contextlib
import os
import shutil
import uuid
from pathlib import Path

from longcon.errors import StoreError


def write_file(path: Path, content: bytes) -> None:
    """Writes ``content`` so that ``path`` holds either all of it or what it held before.

    Raises:
        StoreError: the file system did not take it.
    """
    aside = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with aside.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        raise unwritable(path, error) from error
    finally:
        _forget(aside)


def publish_folder(aside: Path, final: Path) -> None:
    """Moves a finished folder to its place, replacing what was there.

    A kill between the two renames leaves the place empty and both folders whole beside it, under hidden names.

    Raises:
        StoreError: the file system did not take it; what was there is there.
    """
    former = final.with_name(f".{final.name}.{uuid.uuid4().hex}")
    try:
        sync_folder(aside)
        if final.exists():
            final.rename(former)
        aside.rename(final)
        sync_folder(final.parent)
    except OSError as error:
        raise unwritable(final, error) from error
    finally:
        with contextlib.suppress(OSError):
            if former.exists() and not final.exists():
                former.rename(final)
    shutil.rmtree(former, ignore_errors=True)


def sync_folder(folder: Path) -> None:
    """Makes the names in ``folder`` survive a loss of power."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def unwritable(path: Path, error: OSError) -> StoreError:
    """Returns the error that says why ``path`` could not be written."""
    reason = error.strerror or str(error)
    return StoreError(f"{path} could not be written ({reason}): make room or rights there, or give another --store.")


def _forget(aside: Path) -> None:
    try:
        aside.unlink(missing_ok=True)
    except OSError:
        return  # an error before it is the one to report
