"""Reads a text file, gzipped or not, once and in blocks of whole lines; hashes the file's bytes on the way.

What is wrong with the file as a file - missing, cut short, damaged - is said here, in one sentence.
"""

from __future__ import annotations

import hashlib
import io
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from isal import igzip, isal_zlib

from longcon.errors import CohortError

Progress = Callable[[int, int], None]

_BLOCK = 8 << 20
_LONGEST_LINE = 64 << 20
_READ = 1 << 20
_GZIP_MAGIC = b"\x1f\x8b"


class _HashedFile(io.RawIOBase):
    """A file that hashes what is read from it and reports how far it is."""

    def __init__(self, file: IO[bytes], total: int, progress: Progress | None) -> None:
        self._file = file
        self._total = total
        self._progress = progress
        self._done = 0
        self.state = hashlib.sha256()

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        data = self._file.read(size)
        self.state.update(data)
        self._done += len(data)
        if self._progress is not None and data:
            self._progress(self._done, max(self._total, self._done))
        return data

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


class TextStream:
    """A text file as blocks of whole lines.

    Whether it is gzipped is told by its first bytes, not by its name.

    Args:
        path: the file.
        progress: called with (bytes of the file read, bytes of the file).

    Raises:
        CohortError: from any method, when the file is missing, unreadable, truncated or damaged, or when a line is
            longer than 64 MB.
    """

    def __init__(self, path: Path, progress: Progress | None = None) -> None:
        self._path = path
        self._rest = b""
        self._ended = False
        try:
            self._file: IO[bytes] = path.open("rb")
            total = path.stat().st_size
            magic = self._file.read(2)
            self._file.seek(0)
        except OSError as error:
            raise unreadable(path, error) from error
        self._hashed = _HashedFile(self._file, total, progress)
        self._text: io.BufferedIOBase | _HashedFile = self._hashed
        self._gzipped = magic == _GZIP_MAGIC
        if self._gzipped:
            self._text = igzip.IGzipFile(fileobj=self._hashed, mode="rb")  # type: ignore[no-untyped-call]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    @property
    def digest(self) -> str:
        """SHA-256 of the file's bytes; of the whole file once ``blocks`` is exhausted."""
        return self._hashed.state.hexdigest()

    def first_line(self) -> bytes:
        """Returns the first line without its line end; empty when the file is."""
        while b"\n" not in self._rest and not self._ended:
            self._grow()
        line, _, self._rest = self._rest.partition(b"\n")
        return line.removesuffix(b"\r")

    def blocks(self) -> Iterator[bytes]:
        """Yields what follows in blocks of about 8 MB, each ending at a line's end (the file's last line may not)."""
        while not self._ended:
            self._grow()
            cut = self._rest.rfind(b"\n") + 1
            if self._ended or not cut:
                continue
            block, self._rest = self._rest[:cut], self._rest[cut:]
            yield block
        if self._rest:
            block, self._rest = self._rest, b""
            yield block

    def _grow(self) -> None:
        if len(self._rest) > _LONGEST_LINE:
            raise CohortError(
                f"{self._path.name} has a line of more than {_LONGEST_LINE >> 20} MB, so it is not a table of text; "
                "fetch it again or use another copy."
            )
        parts = [self._rest]
        size = 0
        while size < _BLOCK and not self._ended:
            part = self._read(_READ)
            self._ended = not part
            parts.append(part)
            size += len(part)
        self._rest = b"".join(parts)

    def _read(self, size: int) -> bytes:
        try:
            part = self._text.read(size)
            if not part and self._gzipped:
                # Bytes after the last gzip member are part of the file's digest too.
                while self._hashed.read(_READ):
                    pass
        except EOFError as error:
            raise CohortError(
                f"{self._path.name} ends in the middle of its gzip stream, so it is truncated; "
                "fetch it again or use a complete copy."
            ) from error
        except (igzip.BadGzipFile, isal_zlib.error, zlib.error) as error:
            raise CohortError(
                f"{self._path.name} is damaged, since its gzip stream fails its own checks; "
                "fetch it again or use another copy."
            ) from error
        except OSError as error:
            raise unreadable(self._path, error) from error
        return bytes(part or b"")


def unreadable(path: Path, error: OSError) -> CohortError:
    """Returns the error for a file that the system will not let be read."""
    reason = (error.strerror or str(error)).lower()
    return CohortError(f"{path} cannot be read ({reason}); check the path and its permissions.")


def file_digest(path: Path) -> str:
    """Returns the SHA-256 of a file's bytes, in hexadecimal.

    Raises:
        CohortError: the file is missing or unreadable.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise unreadable(path, error) from error
