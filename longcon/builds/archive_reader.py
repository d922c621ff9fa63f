"""The reader of archives of builds: bytes from outside, verified while they are written aside, in bounded memory."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from longcon.builds.archive import CHUNK
from longcon.builds.archive_layout import (
    BLOCK,
    END,
    INDEX,
    LARGEST_INDEX,
    MANIFEST,
    SIGNATURE,
    Member,
    archive_size,
    header,
    index_format,
    padding,
    read_index,
)
from longcon.builds.build import Build, read_build
from longcon.builds.files import unwritable
from longcon.builds.foreign_blocks import compression_of, difference, named_size
from longcon.errors import ArchiveError, StoreError

_AGAIN = "copy it again, or export it again."
_GIVE = "give a file that python -m longcon export wrote."


@dataclass(frozen=True)
class Unpacked:
    """A build out of an archive, verified, its files synced.

    Attributes:
        key: of the build.
        build: in the folder that it was written into, which has the key as its name.
        signature: the file beside that folder that holds the build's signature; None where it came without one.
    """

    key: str
    build: Build
    signature: Path | None


class Archive:
    """An archive whose index was read and agrees with the archive's size; nothing was written yet.

    Args:
        file: read from where it stands, without going back.
        size: how many bytes it has from there on.
        name: what messages call it.

    Raises:
        ArchiveError: it is no archive of builds, or not as longcon wrote it.
    """

    def __init__(self, file: BinaryIO, size: int, name: str) -> None:
        self._file, self._size, self.name = file, size, name
        self._digest = hashlib.sha256()
        index = self._index()
        form = index_format(index)
        if form not in (None, 1):
            raise ArchiveError(f"{name} is of format {form}, which this longcon does not know: use a newer longcon.")
        try:
            self.members = read_index(index)
        except ValueError as error:
            raise self._fault(str(error)) from error
        self._require_size(archive_size(index, self.members))
        self._files: dict[str, dict[str, str]] = {member.key: {} for member in self.members}
        for member in self.members:
            if member.name not in (MANIFEST, SIGNATURE):
                self._files[member.key][member.name] = member.sha256

    @property
    def sha256(self) -> str:
        """SHA-256 of the whole archive, as `write_archive` gave it, once it is unpacked."""
        return self._digest.hexdigest()

    def unpack(self, place: Path) -> tuple[Unpacked, ...]:
        """Writes every build into a folder of ``place`` that is named after its key, and verifies it; once only.

        What was written when an error is raised stays there, for the caller to remove.

        Args:
            place: an empty folder.

        Raises:
            ArchiveError: the archive is not as longcon wrote it, or ends early.
            StoreError: the file system did not take it.
        """
        builds: dict[str, Build] = {}
        signatures: dict[str, Path] = {}
        for member in self.members:
            folder = place / member.key
            path = place / f"{member.key}.signature" if member.name == SIGNATURE else folder / member.name
            if member.name == MANIFEST:
                _make(folder, place)
            block = self._take(BLOCK)
            if block != header(member.path, member.size):
                raise self._fault(difference(block, member))
            self._write(path, member, place)
            self._require_zeros(len(padding(member.size)), f"what follows {member.path}")
            if member.name == MANIFEST:
                builds[member.key] = self._build(folder, member.key)
            elif member.name == SIGNATURE:
                signatures[member.key] = path
        self._require_zeros(len(END), "its end")
        return tuple(Unpacked(key, build, signatures.get(key)) for key, build in builds.items())

    def _index(self) -> bytes:
        block = self._first_block()
        size = named_size(block, INDEX)
        if size is None:
            raise self._foreign()
        if not 0 <= size <= LARGEST_INDEX:
            raise self._fault(f"its index has {size:,} bytes")
        if block != header(INDEX, size):
            raise self._fault(f"the header of {INDEX} says more than its name and size")
        self._require_size(BLOCK + size + len(padding(size)), at_least=True)
        content = self._take(size)
        self._require_zeros(len(padding(size)), "what follows its index")
        return content

    def _first_block(self) -> bytes:
        if self._size == 0:
            raise ArchiveError(f"{self.name} is empty: {_AGAIN}")
        block = self._take(min(BLOCK, self._size))
        if (how := compression_of(block)) is not None:
            raise ArchiveError(f"{self.name} is compressed ({how}): unpack it first, and give the file within.")
        if len(block) < BLOCK:
            raise self._foreign()
        return block

    def _require_size(self, expected: int, *, at_least: bool = False) -> None:
        if self._size < expected:
            raise self._fault(f"it is cut short, with {self._size:,} bytes of {expected:,}")
        if self._size > expected and not at_least:
            raise self._fault(f"{self._size - expected:,} bytes follow its end")

    def _write(self, path: Path, member: Member, place: Path) -> None:
        digest = hashlib.sha256()
        try:
            with path.open("xb") as file:
                for chunk in self._chunks(member.size):
                    digest.update(chunk)
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise unwritable(place, error) from error
        if digest.hexdigest() != member.sha256:
            raise self._fault(f"the bytes of {member.path} are not those of its index")

    def _build(self, folder: Path, key: str) -> Build:
        """Returns a build whose manifest was written; its files must be those that the index has, and no others."""
        try:
            build = read_build(folder, key)
        except StoreError as error:
            how = str(error).partition(" was altered: ")[2].partition("; restore it")[0]
            raise self._fault(f"{key}/{how}") from error
        said = build.manifest["files"]
        there = self._files[key]
        for name in sorted({*said, *there}):
            if name not in there:
                raise self._fault(f"it lacks {key}/{name}, which the build's manifest names")
            if name not in said:
                raise self._fault(f"it holds {key}/{name}, which the build's manifest does not name")
            if said[name] != there[name]:
                raise self._fault(f"the bytes of {key}/{name} are not those of the build's manifest")
        return build

    def _chunks(self, count: int) -> Iterator[bytes]:
        while count:
            chunk = self._take(min(count, CHUNK))
            count -= len(chunk)
            yield chunk

    def _require_zeros(self, count: int, where: str) -> None:
        if self._take(count).strip(b"\0"):
            raise self._fault(f"{where} is not zero")

    def _take(self, count: int) -> bytes:
        """Returns exactly so many bytes; a pipe or a connection may give fewer at a time."""
        parts: list[bytes] = []
        while count:
            try:
                parts.append(self._file.read(count))
            except OSError as error:
                raise ArchiveError(f"{self.name} cannot be read ({error.strerror or error}): {_AGAIN}") from error
            if not parts[-1]:
                raise self._fault("it ends before its size says")
            count -= len(parts[-1])
        content = b"".join(parts)
        self._digest.update(content)
        return content

    def _foreign(self) -> ArchiveError:
        return ArchiveError(f"{self.name} is no archive of builds, it does not begin with an {INDEX}: {_GIVE}")

    def _fault(self, what: str) -> ArchiveError:
        return ArchiveError(f"{self.name} is not as longcon wrote it, {what}: {_AGAIN}")


def unpack(file: BinaryIO, size: int, place: Path, name: str = "The archive") -> tuple[Unpacked, ...]:
    """Writes the builds of an archive into folders of ``place`` and returns them, verified; see `Archive`.

    Raises:
        ArchiveError: the archive is not as longcon wrote it.
        StoreError: the file system did not take it.
    """
    return Archive(file, size, name).unpack(place)


@contextmanager
def opened_archive(path: Path) -> Iterator[Archive]:
    """Opens an archive.

    Raises:
        ArchiveError: there is none, or it is not as longcon wrote it.
    """
    try:
        # A pipe would be waited for without end.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    except FileNotFoundError:
        raise ArchiveError(f"{path} is not there: {_GIVE}") from None
    except OSError as error:
        raise ArchiveError(f"{path} cannot be read ({error.strerror}): give rights there, or another file.") from error
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        os.close(descriptor)
        what = "a folder" if stat.S_ISDIR(status.st_mode) else "no plain file"
        raise ArchiveError(f"{path} is {what}: {_GIVE}")
    with os.fdopen(descriptor, "rb") as file:
        yield Archive(file, status.st_size, str(path))


def _make(folder: Path, place: Path) -> None:
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise unwritable(place, error) from error
