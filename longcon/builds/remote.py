"""A place for builds behind a URL: each build one object, named by its key, and its marks beside it."""

from __future__ import annotations

import re
import uuid
from pathlib import Path

from longcon.builds.archive_layout import LARGEST_SIGNATURE
from longcon.builds.remote_objects import RemoteObjects

MARKS = ("signatures", "references", "imported")

_KEY = re.compile(r"[0-9a-f]{32}")


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
        self._objects = RemoteObjects(url)
        self.name = self._objects.place

    def keys(self) -> tuple[str, ...]:
        """Returns the keys of all builds, sorted; what else lies there is passed over.

        Raises:
            StoreError: the place cannot be read.
        """
        return self._keys("builds", ".tar")

    def marks(self) -> tuple[tuple[str, str], ...]:
        """Returns which marks there are: pairs of one of `MARKS` and the key of a build.

        Raises:
            StoreError: the place cannot be read.
        """
        return tuple((kind, key) for kind in MARKS for key in self._keys(kind, ".json"))

    def holds(self, key: str) -> bool:
        """Whether a build is there.

        Raises:
            StoreError: the place cannot be read.
        """
        return self._objects.holds(_build(key))

    def fetch(self, key: str, place: Path) -> Path | None:
        """Writes the archive of a build into a new file and returns it, as yet unverified; None where there is none.

        Raises:
            StoreError: the place cannot be read, or the file not written.
        """
        return self._objects.fetch(_build(key), place)

    def fetch_mark(self, kind: str, key: str, place: Path) -> Path | None:
        """Writes a mark into a new file and returns it, as yet unverified; None where there is none.

        Raises:
            StoreError: the place cannot be read, the mark is too large for one, or the file cannot be written.
        """
        return self._objects.fetch(_mark(kind, key), place, LARGEST_SIGNATURE)

    def put(self, key: str, path: Path) -> bool:
        """Puts the archive of a build there, and returns whether it did: one that is there stays as it is.

        Raises:
            StoreError: the place did not take it; nothing is under its name.
        """
        return self._objects.put(_build(key), path)

    def put_mark(self, kind: str, key: str, path: Path) -> bool:
        """Puts a mark there, and returns whether it did: one that is there stays as it is.

        Raises:
            StoreError: the place did not take it; nothing is under its name.
        """
        return self._objects.put(_mark(kind, key), path)

    def require_writable(self, probe: Path) -> None:
        """Puts a small file there and removes it, so that hours of training don't end at a closed door.

        Args:
            probe: any small file.

        Raises:
            StoreError: the place does not take it.
        """
        self._objects.put_and_remove(f"builds/.probe-{uuid.uuid4().hex}", probe)

    def path(self, key: str) -> str:
        """Returns how messages call the object that holds a build."""
        return self._objects.shown(_build(key))

    def _keys(self, folder: str, ending: str) -> tuple[str, ...]:
        found = (name.removesuffix(ending) for name in self._objects.names(folder) if name.endswith(ending))
        return tuple(sorted(key for key in found if _KEY.fullmatch(key)))


def _build(key: str) -> str:
    return f"builds/{key}.tar"


def _mark(kind: str, key: str) -> str:
    return f"{kind}/{key}.json"
