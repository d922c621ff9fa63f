"""A place for builds behind an fsspec URL: whole objects under their final names, put once and verified.

Drivers of file systems raise whatever they like. Here it becomes a StoreError, so that nothing above knows of drivers.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import threading
import uuid
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import unquote

from fsspec import available_protocols
from fsspec.core import url_to_fs

from longcon.builds.archive import CHUNK
from longcon.builds.archive_layout import LARGEST_SIGNATURE
from longcon.builds.files import unwritable
from longcon.errors import LongconError, StoreError, did_you_mean

MARKS = ("signatures", "references", "imported")

_EXTRAS = {"s3": "s3", "s3a": "s3", "gs": "gcs", "gcs": "gcs", "sftp": "sftp", "ssh": "sftp"}
# Their drivers can be told to create an object, whole at once, and to fail where there is one.
_CREATING = {"s3", "s3a", "gs", "gcs"}
_KEY = re.compile(r"[0-9a-f]{32}")
_CREDENTIALS = re.compile(r"(?<=://)[^/]*@")
_LONGEST_REASON = 160
_RUN = "run again, or give another --store."


def is_url(text: str) -> bool:
    """Whether a store is named by a URL, and not by a folder."""
    return "://" in text


def without_credentials(url: str) -> str:
    """Returns a URL that can be shown: who asks, and with what password, is left out."""
    return _CREDENTIALS.sub("", url)


class RemotePlace:
    """A place that holds each build as one object, ``builds/KEY.tar``, and its marks beside it.

    Args:
        url: as fsspec reads it, e.g. ``"s3://bucket/prefix"``; the driver finds the credentials.

    Attributes:
        name: the URL without credentials, as messages call the place.

    Raises:
        StoreError: the URL or its driver cannot be used.
    """

    def __init__(self, url: str) -> None:
        self.name = without_credentials(url)
        self._secrets = _secrets(url)
        self._protocol = url.partition("://")[0]
        self._fs, self._root = self._opened(url)
        # A driver that is not made for it, such as that of SFTP, mixes up the answers that its threads wait for.
        self._turn = contextlib.nullcontext() if self._fs.async_impl else threading.RLock()

    def keys(self) -> tuple[str, ...]:
        """Returns the keys of all builds, sorted; what else lies there is passed over.

        Raises:
            StoreError: the place cannot be read.
        """
        return self._names("builds", ".tar")

    def marks(self) -> tuple[tuple[str, str], ...]:
        """Returns which marks there are: pairs of one of `MARKS` and the key of a build.

        Raises:
            StoreError: the place cannot be read.
        """
        return tuple((kind, key) for kind in MARKS for key in self._names(kind, ".json"))

    def holds(self, key: str) -> bool:
        """Whether a build is there.

        Raises:
            StoreError: the place cannot be read.
        """
        with self._asked("read"):
            return self._size(self._build(key)) is not None

    def fetch(self, key: str, place: Path) -> Path | None:
        """Writes the archive of a build into a new file and returns it, as yet unverified; None where there is none.

        Raises:
            StoreError: the place cannot be read, or the file not written.
        """
        return self._fetch(self._build(key), place, None)

    def fetch_mark(self, kind: str, key: str, place: Path) -> Path | None:
        """Writes a mark into a new file and returns it, as yet unverified; None where there is none.

        Raises:
            StoreError: the place cannot be read, the mark is too large for one, or the file cannot be written.
        """
        return self._fetch(self._mark(kind, key), place, LARGEST_SIGNATURE)

    def put(self, key: str, path: Path) -> bool:
        """Puts the archive of a build there, and returns whether it did: one that is there stays as it is.

        Raises:
            StoreError: the place did not take it; nothing is under its name.
        """
        return self._put(self._build(key), path)

    def put_mark(self, kind: str, key: str, path: Path) -> bool:
        """Puts a mark there, and returns whether it did: one that is there stays as it is.

        Raises:
            StoreError: the place did not take it; nothing is under its name.
        """
        return self._put(self._mark(kind, key), path)

    def require_writable(self, probe: Path) -> None:
        """Puts a small file there and removes it, so that hours of training don't end at a closed door.

        Args:
            probe: any small file.

        Raises:
            StoreError: the place does not take it.
        """
        name = self._at(f"builds/.probe-{uuid.uuid4().hex}")
        with self._asked("written"):
            self._send(probe, name)
            self._fs.rm_file(name)

    def path(self, key: str) -> str:
        """Returns how messages call the object that holds a build."""
        return f"{self.name.rstrip('/')}/builds/{key}.tar"

    def _opened(self, url: str) -> tuple[Any, str]:
        if "::" in url:
            raise StoreError(f"{self.name} chains file systems, '::': give the URL of the place itself as --store.")
        if self._protocol not in available_protocols():
            hint = did_you_mean(self._protocol, available_protocols())
            raise StoreError(
                f"{self.name} begins with '{self._protocol[:40]}', which no file system is named{hint}: give a folder "
                "or a URL such as s3://bucket/prefix as --store."
            )
        try:
            file_system, root = url_to_fs(url)
        except ImportError as error:
            extra = _EXTRAS.get(self._protocol)
            what = f"install it, pip install 'longcon[{extra}]'" if extra else f"install it ({self._reason(error)})"
            raise StoreError(
                f"{self.name} needs a driver for {self._protocol}://, which is not installed: {what}, or give another "
                "--store."
            ) from None
        except Exception as error:
            raise self._fault("reached", error) from None
        return file_system, root.rstrip("/")

    def _names(self, folder: str, ending: str) -> tuple[str, ...]:
        with self._asked("listed"):
            self._fs.invalidate_cache()
            try:
                found = [path.rpartition("/")[2] for path in self._fs.ls(self._at(folder), detail=False)]
            except FileNotFoundError:
                return ()
        names = (name.removesuffix(ending) for name in found if name.endswith(ending))
        return tuple(sorted(name for name in names if _KEY.fullmatch(name)))

    def _fetch(self, name: str, place: Path, largest: int | None) -> Path | None:
        with self._asked("read"):
            size = self._size(name)
        if size is None:
            return None
        if largest is not None and size > largest:
            raise StoreError(f"{self._shown(name)} has {size:,} bytes, more than any mark: delete it there.")
        try:
            with place.open("xb") as file, closing(self._chunks(name, size)) as chunks:
                for chunk in chunks:
                    file.write(chunk)
        except OSError as error:
            raise unwritable(place, error) from error
        return place

    def _put(self, name: str, path: Path) -> bool:
        with self._asked("written"):
            if self._size(name) is not None:
                return False
            if self._protocol in _CREATING:
                return self._create(name, path)
            return self._put_aside(name, path)

    def _create(self, name: str, path: Path) -> bool:
        try:
            self._fs.put_file(str(path), name, mode="create")
        except Exception:
            # Another machine was quicker, or this one's was taken and only the answer was lost.
            if self._size(name) is not None:
                return False
            raise
        try:
            self._require_same(name, path)
        except BaseException:
            with contextlib.suppress(Exception):
                self._fs.rm_file(name)
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
            self._fs.mv(aside, name)
        finally:
            with contextlib.suppress(Exception):
                self._fs.rm_file(aside)
        return True

    def _send(self, path: Path, name: str) -> None:
        if self._protocol not in _CREATING:
            # In an object store this would make the bucket.
            self._fs.makedirs(name.rpartition("/")[0], exist_ok=True)
        self._fs.put_file(str(path), name)

    def _require_same(self, name: str, path: Path) -> None:
        """Reads back what was sent."""
        size = path.stat().st_size
        if self._size(name) != size:
            raise StoreError(f"{self._shown(name)} was not kept whole, {self._size(name)} bytes of {size}: {_RUN}")
        digest = hashlib.sha256()
        with closing(self._chunks(name, size)) as chunks:
            for chunk in chunks:
                digest.update(chunk)
        with path.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != digest.hexdigest():
                raise StoreError(f"{self._shown(name)} has other bytes than were sent: {_RUN}")

    def _chunks(self, name: str, size: int) -> Generator[bytes, None, None]:
        """Reads an object, at most as many bytes as it said that it has."""
        with self._asked("read"), self._fs.open(name, "rb") as file:
            while size and (chunk := _read(file, min(size, CHUNK))):
                size -= len(chunk)
                yield chunk

    def _size(self, name: str) -> int | None:
        """Returns how many bytes an object has now, whatever the driver remembers; None where there is none."""
        self._fs.invalidate_cache()
        try:
            return int(self._fs.info(name)["size"])
        except FileNotFoundError:
            return None

    def _build(self, key: str) -> str:
        return self._at(f"builds/{key}.tar")

    def _mark(self, kind: str, key: str) -> str:
        return self._at(f"{kind}/{key}.json")

    def _at(self, name: str) -> str:
        return f"{self._root}/{name}"

    def _shown(self, name: str) -> str:
        return f"{self.name.rstrip('/')}{name.removeprefix(self._root)}"

    @contextmanager
    def _asked(self, what: str) -> Iterator[None]:
        try:
            with self._turn:
                yield
        except LongconError:
            raise
        except Exception as error:
            # Not chained: the driver's error may tell the whole URL, with the password in it.
            raise self._fault(what, error) from None

    def _fault(self, what: str, error: Exception) -> StoreError:
        return StoreError(
            f"{self.name} cannot be {what} ({self._reason(error)}): look at the address, your rights there and the "
            "network, or give another --store."
        )

    def _reason(self, error: Exception) -> str:
        text = " ".join(str(error).split())
        for secret in self._secrets:
            text = text.replace(secret, "***")
        text = "".join(letter for letter in text if letter.isprintable())[:_LONGEST_REASON].rstrip(". ")
        return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _secrets(url: str) -> list[str]:
    """Returns what of a URL no message may tell, as it is written there and as drivers read it."""
    found = [text.removesuffix("@") for text in _CREDENTIALS.findall(url)]
    found += [text.partition(":")[2] for text in found]
    found += [unquote(text) for text in found]
    return [text for text in found if text]


def _read(file: BinaryIO, count: int) -> bytes:
    return bytes(file.read(count))
