"""A store whose builds are kept behind a URL too, where other machines take them from and put theirs.

Everything but whole builds and their marks stays in a local working store: locks, checkpoints, and the problem's data,
which are measurements of patients.
"""

from __future__ import annotations

import hashlib
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from longcon.builds.archive import write_archive
from longcon.builds.archive_reader import Archive
from longcon.builds.build import Build
from longcon.builds.files import publish_folder, unwritable, write_file
from longcon.builds.manifest import MANIFEST
from longcon.builds.remote import MARKS, RemotePlace
from longcon.builds.request import BuildRequest
from longcon.builds.store import Store
from longcon.errors import ArchiveError, StoreError


class RemoteStore(Store):
    """A local working store, and the place behind a URL that its builds are taken from and put to.

    Args:
        url: of the place.
        root: the working store; made when absent.
        run: identifier of this run, the same in all its processes.
        reference: key of the released build that the run's builds are rebuilds of; empty where there is none.

    Attributes:
        place: behind the URL.

    Raises:
        StoreError: the working store cannot be written, or the URL not be used.
    """

    def __init__(self, url: str, root: Path, run: str, reference: str = "") -> None:
        self.place = RemotePlace(url)
        super().__init__(root, run, reference)

    def require_writable(self) -> None:
        """Finds out now whether builds can be put.

        Raises:
            StoreError: they can't.
        """
        with self._aside("probe") as aside:
            write_file(aside / "probe", b"longcon")
            self.place.require_writable(aside / "probe")

    def obtain(self, request: BuildRequest, train: Callable[[Path], None], *, fresh: bool = False) -> Build:
        """Returns the build that answers the request: the place's, or the local one, or else one trained now.

        What is found locally or trained is put to the place if that lacks it. If another machine was quicker, its build
        takes the local one's place, so that all machines judge the same.

        Raises:
            BuildError: the training failed, now or before in this run.
            StoreError: a store cannot be read or written, the build was altered or imported, or is to be trained again
                though the place holds it.
        """
        key = request.key
        with self.holding(key):
            self._recover(key)
            self._require_own(request, fresh=fresh)
            if not fresh or self._note("trained", key).exists():
                found = self.find(request)
                if found is not None:
                    self._tidy(key)
                    return self._settled(key)
            self._raise_if_failed(request)
            if fresh:
                self._require_absent(request)
                self._drop_checkpoint(key)
            elif self._bring(key):
                self._require_own(request, fresh=False)
                self._tidy(key)
                return self.read(key)
            self._forget(key)
            self._train(request, train)
            return self._settled(key)

    def mirror(self) -> None:
        """Fetches every build and mark that the place holds and the working store lacks.

        Raises:
            StoreError: the place cannot be read, or holds what was altered or differs from what is here.
        """
        keys = self.place.keys()
        for key in keys:
            with self.holding(key):
                if not (self.root / "builds" / key).exists():
                    self._bring(key)
        for kind, key in self.place.marks():
            self._bring_mark(kind, key)

    def give_back(self) -> None:
        """Puts every build and mark of the working store that the place lacks.

        Raises:
            StoreError: the place cannot be written, or a build was altered.
        """
        there = {*self.place.keys()}
        for folder in sorted((self.root / "builds").iterdir()):
            if not folder.name.startswith(".") and folder.name not in there:
                with self.holding(folder.name):
                    self._settled(folder.name)
        marks = {*self.place.marks()}
        for kind in MARKS:
            for path in sorted((self.root / kind).glob("[0-9a-f]*.json")):
                if (kind, path.stem) not in marks:
                    self.place.put_mark(kind, path.stem, path)

    def _settled(self, key: str) -> Build:
        """Has the place and the working store hold the same training of a build, and returns it."""
        build = self.read(key)
        if not self.place.holds(key):
            with self._aside(key) as aside:
                write_archive(aside / "build.tar", [(key, build.folder, None)])
                if self.place.put(key, aside / "build.tar"):
                    self._remember(build)
                    return build
        if self._is_remembered(build):
            return build
        self._bring(key)
        return self.read(key)

    def _bring(self, key: str) -> bool:
        """Takes a build from the place, verified, over what is here; False where the place holds none."""
        with self._aside(key) as aside:
            archive = self.place.fetch(key, aside / "build.tar")
            if archive is None:
                return False
            self._bring_mark("imported", key)
            build = self._unpacked(key, archive, aside)
            publish_folder(build.folder, self.root / "builds" / key)
        self._remember(replace(build, folder=self.root / "builds" / key))
        return True

    def _unpacked(self, key: str, path: Path, place: Path) -> Build:
        name = self.place.path(key)
        try:
            with path.open("rb") as file:
                archive = Archive(file, path.stat().st_size, name)
                if {member.key for member in archive.members} != {key}:
                    raise ArchiveError(f"{name} is not as longcon wrote it, it holds other builds: restore it.")
                return archive.unpack(place)[0].build
        except ArchiveError as error:
            what = str(error).rpartition(": ")[0]
            raise StoreError(f"{what}: restore it from a copy, or delete it there to have it trained again.") from None

    def _bring_mark(self, kind: str, key: str) -> None:
        path = self.root / kind / f"{key}.json"
        with self._aside(f"mark-{key}") as aside:
            found = self.place.fetch_mark(kind, key, aside / "mark.json")
            if found is None:
                return
            if not path.exists():
                write_file(path, found.read_bytes())
            elif path.read_bytes() != found.read_bytes():
                raise StoreError(f"{path} differs from that in {self.place.name}: delete the one that is wrong.")

    def _require_absent(self, request: BuildRequest) -> None:
        if self.place.holds(request.key):
            raise StoreError(
                f"Build {request.key} ({request.title}) is in {self.place.name}, where no build is replaced: give "
                "another URL as --store, or leave out --fresh."
            )

    def _remember(self, build: Build) -> None:
        """Keeps that the place holds this training of a build, so that it is not fetched to be compared."""
        write_file(self._same(build.folder.name), _digest(build))

    def _is_remembered(self, build: Build) -> bool:
        note = self._same(build.folder.name)
        return note.is_file() and note.read_bytes() == _digest(build)

    def _forget(self, key: str) -> None:
        self._same(key).unlink(missing_ok=True)

    def _same(self, key: str) -> Path:
        return self.root / "same" / key

    @contextmanager
    def _aside(self, name: str) -> Iterator[Path]:
        """Makes a folder that the removal of what a killed run left of this build removes too."""
        aside = self.root / "builds" / f".{name}.{uuid.uuid4().hex}"
        try:
            aside.mkdir()
        except OSError as error:
            raise unwritable(aside, error) from error
        try:
            yield aside
        finally:
            shutil.rmtree(aside, ignore_errors=True)


def _digest(build: Build) -> bytes:
    return hashlib.sha256((build.folder / MANIFEST).read_bytes()).hexdigest().encode()
