"""Objects behind an fsspec URL: whole ones under their final names, put once and verified."""

from __future__ import annotations

import contextlib
import hashlib
import uuid
from collections.abc import Generator
from contextlib import closing
from pathlib import Path
from typing import BinaryIO

from longcon.builds.archive import CHUNK
from longcon.builds.files import unwritable
from longcon.builds.remote_url import Driver
from longcon.errors import StoreError

# Their drivers can be told to create an object, whole at once, and to fail where there is one.
_CREATING = {"s3", "s3a", "gs", "gcs"}
_RUN = "run again, or give another --store."


class RemoteObjects:
    """The objects behind a URL, by their names below it, such as ``"builds/KEY.tar"``.

    Args:
        url: as fsspec reads it, e.g. ``"s3://bucket/prefix"``; the driver finds the credentials.

    Attributes:
        place: the URL without credentials, as messages call the place.

    Raises:
        StoreError: the URL or its driver cannot be used.
    """

    def __init__(self, url: str) -> None:
        self._driver = Driver(url)
        self._files = self._driver.files
        self.place = self._driver.name

    def names(self, folder: str) -> list[str]:
        """Returns what lies in a folder, in any order; nothing where there is no such folder.

        Raises:
            StoreError: the place cannot be read.
        """
        with self._driver.asked("listed"):
            self._files.invalidate_cache()
            try:
                return [path.rpartition("/")[2] for path in self._files.ls(self._at(folder), detail=False)]
            except FileNotFoundError:
                return []

    def holds(self, name: str) -> bool:
        """Whether an object is there.

        Raises:
            StoreError: the place cannot be read.
        """
        with self._driver.asked("read"):
            return self._size(name) is not None

    def fetch(self, name: str, path: Path, largest: int | None = None) -> Path | None:
        """Writes an object into a new file and returns it, as yet unverified; None where there is none.

        Args:
            name: of the object.
            path: of the file.
            largest: bytes that a mark may have; None for what is no mark.

        Raises:
            StoreError: the place cannot be read, the mark is too large for one, or the file cannot be written.
        """
        with self._driver.asked("read"):
            size = self._size(name)
        if size is None:
            return None
        if largest is not None and size > largest:
            raise StoreError(f"{self.shown(name)} has {size:,} bytes, more than any mark: delete it there.")
        try:
            with path.open("xb") as file, closing(self._chunks(name, size)) as chunks:
                for chunk in chunks:
                    file.write(chunk)
        except OSError as error:
            raise unwritable(path, error) from error
        return path

    def put(self, name: str, path: Path) -> bool:
        """Puts a file there, and returns whether it did: an object that is there stays as it is.

        Raises:
            StoreError: the place did not take it; nothing is under its name.
        """
        with self._driver.asked("written"):
            if self._size(name) is not None:
                return False
            if self._driver.protocol in _CREATING:
                return self._create(name, path)
            return self._put_aside(name, path)

    def put_and_remove(self, name: str, path: Path) -> None:
        """Puts a file there, unverified, and removes it again.

        Raises:
            StoreError: the place does not take it.
        """
        with self._driver.asked("written"):
            self._send(path, name)
            self._files.rm_file(self._at(name))

    def shown(self, name: str) -> str:
        """Returns how messages call an object."""
        return f"{self.place.rstrip('/')}/{name}"

    def _create(self, name: str, path: Path) -> bool:
        try:
            self._files.put_file(str(path), self._at(name), mode="create")
        except Exception:
            # Another machine was quicker, or this one's was taken and only the answer was lost.
            if self._size(name) is not None:
                return False
            raise
        try:
            self._require_same(name, path)
        except BaseException:
            with contextlib.suppress(Exception):
                self._files.rm_file(self._at(name))
            raise
        return True

    def _put_aside(self, name: str, path: Path) -> bool:
        folder, _, last = name.rpartition("/")
        aside = f"{folder}/.{last}.{uuid.uuid4().hex}"
        try:
            self._send(path, aside)
            self._require_same(aside, path)
            if self._size(name) is not None:
                return False
            self._files.mv(self._at(aside), self._at(name))
        finally:
            with contextlib.suppress(Exception):
                self._files.rm_file(self._at(aside))
        return True

    def _send(self, path: Path, name: str) -> None:
        if self._driver.protocol not in _CREATING:
            # In an object store this would make the bucket.
            self._files.makedirs(self._at(name).rpartition("/")[0], exist_ok=True)
        self._files.put_file(str(path), self._at(name))

    def _require_same(self, name: str, path: Path) -> None:
        """Reads back what was sent."""
        size = path.stat().st_size
        if self._size(name) != size:
            raise StoreError(f"{self.shown(name)} was not kept whole, {self._size(name)} bytes of {size}: {_RUN}")
        digest = hashlib.sha256()
        with closing(self._chunks(name, size)) as chunks:
            for chunk in chunks:
                digest.update(chunk)
        with path.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != digest.hexdigest():
                raise StoreError(f"{self.shown(name)} has other bytes than were sent: {_RUN}")

    def _chunks(self, name: str, size: int) -> Generator[bytes, None, None]:
        """Reads an object, at most as many bytes as it said that it has."""
        with self._driver.asked("read"), self._files.open(self._at(name), "rb") as file:
            while size and (chunk := _read(file, min(size, CHUNK))):
                size -= len(chunk)
                yield chunk

    def _size(self, name: str) -> int | None:
        """Returns how many bytes an object has now, whatever the driver remembers; None where there is none."""
        self._files.invalidate_cache()
        try:
            return int(self._files.info(self._at(name))["size"])
        except FileNotFoundError:
            return None

    def _at(self, name: str) -> str:
        return f"{self._driver.root}/{name}"


def _read(file: BinaryIO, count: int) -> bytes:
    return bytes(file.read(count))
