"""The audit's folder: written whole or not at all, and never over what longcon did not write."""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import uuid
from collections.abc import Mapping
from pathlib import Path

from longcon.audit.files import names_in, read_plain
from longcon.audit.manifest import MANIFEST, manifest_of, read_manifest
from longcon.builds.files import publish_folder, write_file
from longcon.errors import LongconError, StoreError

_SHOWN = 3


class AuditError(LongconError):
    """A folder cannot be read as an audit, or an audit cannot be written there."""


def require_replaceable(place: Path) -> None:
    """Checks that an audit may be written at ``place``, replacing what is there.

    Raises:
        AuditError: it is no folder, holds what longcon did not write, or an audit that was changed since.
    """
    if not place.exists():
        _require_writable(place)
        return
    if not place.is_dir():
        raise AuditError(f"{place} is a file, but an audit is a folder: give another --audit.")
    names = set(names_in(place))
    content = read_plain(place, MANIFEST) if MANIFEST in names else b""
    digests, faults = read_manifest(content) if isinstance(content, bytes) and content else ({}, ())
    foreign = sorted(names - {*digests, MANIFEST} if digests else names)
    if foreign:
        more = f" and {len(foreign) - _SHOWN} more" if len(foreign) > _SHOWN else ""
        raise AuditError(
            f"{place} holds files that longcon did not write ({', '.join(foreign[:_SHOWN])}{more}): "
            "move them elsewhere, or give another --audit."
        )
    changed = [name for name in digests if name in names and not _is_as_written(place, name, digests[name])]
    if faults or changed:
        raise AuditError(
            f"{place} holds an audit that was changed since it was written ({', '.join(changed) or MANIFEST}): "
            "move it elsewhere, or give another --audit."
        )
    _require_writable(place)


def remove(place: Path) -> None:
    """Removes an audit that may be replaced, the manifest last: what is left half-way is no whole audit.

    Raises:
        AuditError: the file system did not let it go.
    """
    try:
        for name in (*(name for name in names_in(place) if name != MANIFEST), MANIFEST):
            (place / name).unlink(missing_ok=True)
        for folder in sorted((path for path in place.rglob("*") if path.is_dir()), reverse=True):
            folder.rmdir()
        if place.is_dir():
            with contextlib.suppress(OSError):  # a mounted folder stays, empty
                place.rmdir()
    except OSError as error:
        raise _unwritable(place, error.strerror or str(error)) from error


def publish(place: Path, contents: Mapping[str, bytes]) -> str:
    """Writes an audit with its manifest and returns the manifest's digest.

    It is written aside and renamed as a whole; over a mounted folder, or one in which something else lies by now, file
    by file, the manifest last, since a folder without one is no audit.

    Args:
        place: of the folder, from which an earlier audit was removed.
        contents: the files by their names, relative and with forward slashes.

    Raises:
        AuditError: the file system did not take it.
    """
    manifest = manifest_of(contents)
    whole = {**contents, MANIFEST: manifest}
    aside = place.with_name(f".{place.name}.{uuid.uuid4().hex}")
    try:
        if not _publish_whole(aside, place, whole):
            for name, content in whole.items():
                write_file(place / name, content)
    except StoreError as error:
        raise _unwritable(place, str(error.__cause__ or error)) from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return hashlib.sha256(manifest).hexdigest()


def _publish_whole(aside: Path, place: Path, whole: Mapping[str, bytes]) -> bool:
    # What came into the folder during the run is not longcon's to remove.
    if place.is_mount() or (place.is_dir() and set(names_in(place)) - set(whole)):
        return False
    try:
        aside.mkdir(parents=True)
    except OSError:
        return False
    for name, content in whole.items():
        write_file(aside / name, content)
    publish_folder(aside, place)
    return True


def _is_as_written(place: Path, name: str, digest: str) -> bool:
    content = read_plain(place, name)
    return isinstance(content, bytes) and hashlib.sha256(content).hexdigest() == digest


def _require_writable(place: Path) -> None:
    """Tries the folder before hours of training depend on it."""
    parent = next(path for path in (place, *place.parents) if path.exists())
    probe = parent / f".probe-{uuid.uuid4().hex}"
    try:
        write_file(probe, b"longcon")
        probe.unlink()
    except (StoreError, OSError) as error:
        cause = error.__cause__ if isinstance(error, StoreError) else error
        raise _unwritable(place, getattr(cause, "strerror", None) or str(cause)) from error


def _unwritable(place: Path, reason: str) -> AuditError:
    return AuditError(
        f"The audit {place} cannot be written ({reason}): make room or rights there, or give another --audit."
    )
