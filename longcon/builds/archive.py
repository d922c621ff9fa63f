"""Archives of builds: one file in which builds travel between machines, the same bytes for the same builds."""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from longcon.builds.archive_layout import (
    END,
    INDEX,
    LARGEST_INDEX,
    LARGEST_MEMBER,
    LARGEST_SIGNATURE,
    MANIFEST,
    SIGNATURE,
    Member,
    header,
    index_text,
    padding,
)
from longcon.builds.build import altered, read_build
from longcon.builds.files import sync_folder
from longcon.errors import ArchiveError, StoreError

CHUNK = 1 << 20

Parcel = tuple[str, Path, bytes | None]
"""A build to be sent: its key, its folder and its signature, where it has one."""


def write_archive(path: Path, builds: Sequence[Parcel]) -> str:
    """Writes builds into a new archive, whole or not at all, and returns the archive's SHA-256.

    Args:
        path: of the archive; nothing may be there.
        builds: in any order; the archive has them in the order of their keys.

    Raises:
        ArchiveError: something is there already, or the file system did not take it.
        StoreError: a build was altered.
    """
    _require_free(path)
    aside = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with aside.open("xb") as file:
            digest = pack(file, builds)
            file.flush()
            os.fsync(file.fileno())
        _publish(aside, path)
    except OSError as error:
        raise ArchiveError(
            f"{path} cannot be written ({error.strerror or error}): make room or rights there, or give another FILE."
        ) from error
    finally:
        with contextlib.suppress(OSError):
            aside.unlink(missing_ok=True)
    return digest


def pack(file: BinaryIO, builds: Sequence[Parcel]) -> str:
    """Writes builds as an archive into an open file and returns the SHA-256 of what was written.

    Args:
        file: is only written to, from where it stands.
        builds: in any order, no key twice.

    Raises:
        StoreError: a build was altered, before or meanwhile.
        OSError: the file did not take it.
    """
    parcels = sorted(builds, key=lambda build: build[0])
    members = [member for parcel in parcels for member in _members(parcel)]
    index = index_text(members)
    if len(index) > LARGEST_INDEX:
        raise ArchiveError(f"{len(members):,} files are more than one archive holds: export fewer builds at a time.")
    digest = hashlib.sha256()
    for content in _content(index, members, {key: (folder, signature) for key, folder, signature in parcels}):
        digest.update(content)
        file.write(content)
    return digest.hexdigest()


def signature_of(store: Path, key: str) -> bytes | None:
    """Returns the signature that a store keeps of a build; None where it keeps none.

    Raises:
        StoreError: it is there, but cannot be read.
    """
    path = store / "signatures" / f"{key}.json"
    try:
        content = path.read_bytes() if path.stat().st_size <= LARGEST_SIGNATURE else None
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StoreError(f"{path} cannot be read ({error.strerror}): give rights there, or restore it.") from error
    if content is None:
        raise StoreError(f"{path} is larger than any signature: restore it from a copy, or delete it.")
    return content


def _members(parcel: Parcel) -> Iterator[Member]:
    key, folder, signature = parcel
    files = read_build(folder, key).manifest["files"]
    manifest = b"".join(_chunks(folder, MANIFEST))
    yield Member(key, MANIFEST, len(manifest), hashlib.sha256(manifest).hexdigest())
    for name in sorted(files):
        with _opened(folder, name) as file:
            size = os.fstat(file.fileno()).st_size
        if size > LARGEST_MEMBER:
            raise ArchiveError(
                f"{folder / name} has {size:,} bytes, more than an archive holds: leave build {key} out."
            )
        yield Member(key, name, size, str(files[name]))
    if signature is not None:
        yield Member(key, SIGNATURE, len(signature), hashlib.sha256(signature).hexdigest())


def _content(index: bytes, members: Sequence[Member], sources: dict[str, tuple[Path, bytes | None]]) -> Iterator[bytes]:
    yield header(INDEX, len(index)) + index + padding(len(index))
    for member in members:
        folder, signature = sources[member.key]
        yield header(member.path, member.size)
        if member.name == SIGNATURE and signature is not None:
            yield signature
        else:
            yield from _verified(folder, member)
        yield padding(member.size)
    yield END


def _verified(folder: Path, member: Member) -> Iterator[bytes]:
    digest = hashlib.sha256()
    for chunk in _chunks(folder, member.name):
        digest.update(chunk)
        yield chunk
    if digest.hexdigest() != member.sha256:
        raise altered(folder, f"the bytes of {member.name} are not those of its manifest")


def _chunks(folder: Path, name: str) -> Iterator[bytes]:
    with _opened(folder, name) as file:
        while chunk := _read(file, folder, name):
            yield chunk


def _read(file: BinaryIO, folder: Path, name: str) -> bytes:
    try:
        return file.read(CHUNK)
    except OSError as error:
        raise altered(folder, f"{name} cannot be read ({error.strerror})") from error


def _opened(folder: Path, name: str) -> BinaryIO:
    """Opens a plain file of a build; a pipe in its place would be waited for without end."""
    try:
        descriptor = os.open(folder / name, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    except OSError as error:
        raise altered(folder, f"{name} cannot be read ({error.strerror})") from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise altered(folder, f"{name} is no plain file")
    return os.fdopen(descriptor, "rb")


def _require_free(path: Path) -> None:
    if os.path.lexists(path):
        raise ArchiveError(f"{path} is there already, and nothing is overwritten: give another FILE.")


def _publish(aside: Path, path: Path) -> None:
    try:
        os.link(aside, path)  # refuses a file that came meanwhile, where a rename would replace it
    except FileExistsError:
        _require_free(path)
        raise
    except OSError:  # a file system without links, such as that of a memory stick
        _require_free(path)
        aside.rename(path)
    sync_folder(path.parent)
