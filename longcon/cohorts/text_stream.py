"""Reads a text file, gzipped or not, once and in blocks of whole lines; hashes the file's bytes on the way.

What is wrong with the file as a file - missing, cut short, damaged - is said here, in one sentence.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterator
from gzip import BadGzipFile
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from isal import igzip
from isal.igzip_lib import IsalError

from longcon.errors import CohortError

Progress = Callable[[int, int], None]

_BLOCK = 12 << 20
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
        self._buffer = bytearray()
        self._filled = 0
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
        while not self._ended and b"\n" not in self._buffer[: self._filled]:
            self._grow()
        line, _, rest = bytes(self._buffer[: self._filled]).partition(b"\n")
        self._buffer, self._filled = bytearray(rest), len(rest)
        return line.removesuffix(b"\r")

    def blocks(self) -> Iterator[memoryview]:
        """Yields what follows in blocks of about 12 MB, each ending at a line's end (the file's last line may not)."""
        while not self._ended:
            self._grow()
            whole = self._filled if self._ended else self._buffer.rfind(b"\n", 0, self._filled) + 1
            if whole:
                # The block keeps this buffer; the next one starts with a copy of the unfinished line alone.
                block = memoryview(self._buffer)[:whole]
                self._buffer, self._filled = self._buffer[whole : self._filled], self._filled - whole
                yield block.toreadonly()
        if self._filled:
            yield memoryview(self._buffer)[: self._filled].toreadonly()
            self._buffer, self._filled = bytearray(), 0

    def _grow(self) -> None:
        """Appends about one block of text to the buffer."""
        if self._filled > _LONGEST_LINE:
            raise CohortError(
                f"{self._path.name} has a line of more than {_LONGEST_LINE >> 20} MB, so it is not a table of text; "
                "fetch it again or use another copy."
            )
        larger = bytearray(self._filled + _BLOCK)
        larger[: self._filled] = memoryview(self._buffer)[: self._filled]
        self._buffer = larger
        with memoryview(larger) as room:
            while self._filled < len(larger) and not self._ended:
                count = self._read(room[self._filled : self._filled + _READ])
                self._ended = not count
                self._filled += count

    def _read(self, room: memoryview) -> int:
        try:
            count = self._text.readinto(room) or 0
            if not count and self._gzipped:
                # Bytes after the last gzip member are part of the file's digest too.
                while self._hashed.read(_READ):
                    pass
        except EOFError as error:
            raise CohortError(
                f"{self._path.name} ends in the middle of its gzip stream, so it is truncated; "
                "fetch it again or use a complete copy."
            ) from error
        except (BadGzipFile, IsalError) as error:  # type: ignore[misc]
            raise CohortError(
                f"{self._path.name} is damaged, since its gzip stream fails its own checks; "
                "fetch it again or use another copy."
            ) from error
        except OSError as error:
            raise unreadable(self._path, error) from error
        return count


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
