"""The store: builds by content address, trained once, verified when read."""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from longcon.builds.build import Build, read_build
from longcon.builds.files import publish_folder, unwritable, write_file
from longcon.builds.provenance import REFERENCE, imported_keys, provenance_of, reference_path
from longcon.builds.request import BuildRequest
from longcon.errors import BuildError, StoreError
from longcon.problems import ProblemData, digest_of


class Store:
    """A folder of builds, shared by the processes of a run and by runs.

    Args:
        root: the folder; made when absent.
        run: identifier of this run, the same in all its processes: what failed in it is not tried again.
        reference: key of the released build that the run's builds are rebuilds of; empty where there is none.

    Raises:
        StoreError: the folder cannot be written.
    """

    def __init__(self, root: Path, run: str, reference: str = "") -> None:
        self.root, self.run, self.reference = root.absolute(), run, reference
        try:
            for name in ("builds", "data", "locks", "runs", "cohorts", "checkpoints"):
                (self.root / name).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise unwritable(self.root, error) from error
        self._try_writing()

    def put_data(self, data: ProblemData) -> str:
        """Keeps a problem's data for the training processes and returns its digest."""
        content = data.serialised()
        digest = digest_of(content)
        path = self.data_path(digest)
        with self.holding(f"data-{digest[:32]}"):
            for half_written in path.parent.glob(f".{path.name}.*"):
                half_written.unlink(missing_ok=True)
            if not _holds(path, digest):
                write_file(path, content)
        return digest

    def data_path(self, digest: str) -> Path:
        """Returns where the data with this digest is kept."""
        return self.root / "data" / f"{digest}.safetensors"

    def checkpoint_path(self, key: str) -> Path:
        """Returns where the build with this key keeps its last checkpoint while it is trained."""
        return self.root / "checkpoints" / key / "checkpoint"

    @contextmanager
    def holding(self, name: str, *, patience: float = -1, busy: str = "") -> Iterator[None]:
        """Holds a lock that one process has at a time: a build's, by its key, while it is trained or put there.

        Args:
            name: of the lock.
            patience: seconds after which waiting ends; below 0 never.
            busy: what is said then.

        Raises:
            StoreError: the store cannot be written, or another process held the lock for too long.
        """
        lock = FileLock(self.root / "locks" / f"{name}.lock")
        try:
            lock.acquire(timeout=patience)
        except Timeout:
            raise StoreError(busy) from None
        except OSError as error:
            raise unwritable(self.root / "locks", error) from error
        try:
            yield
        finally:
            lock.release()

    def find(self, request: BuildRequest) -> Build | None:
        """Returns the verified build that answers the request, or None.

        Raises:
            StoreError: a build is there, but was altered.
        """
        folder = self.root / "builds" / request.key
        return self.read(request.key) if folder.exists() else None

    def read(self, key: str) -> Build:
        """Returns the verified build under a key.

        Raises:
            StoreError: there is none, or it was altered.
        """
        return replace(read_build(self.root / "builds" / key, key), origin=self._origin(key))

    def imported(self) -> list[Build]:
        """Returns all builds that were imported, each verified and with the site that it comes from.

        Raises:
            StoreError: one was altered.
        """
        keys = (key for key in imported_keys(self.root) if (self.root / "builds" / key).exists())
        return [replace(read_build(self.root / "builds" / key, key), origin=self.site(key)) for key in keys]

    def site(self, key: str) -> str:
        """Returns the site that a build was imported from; empty for one that was trained into this store.

        Raises:
            StoreError: the record of that cannot be read.
        """
        provenance = provenance_of(self.root, key)
        return provenance.site if provenance else ""

    def obtain(self, request: BuildRequest, train: Callable[[Path], None], *, fresh: bool = False) -> Build:
        """Returns the build that answers the request, training it unless it is there.

        Any number of processes may ask for the same build at once; one trains, the others wait for it.

        Args:
            request: which build.
            train: writes the build into the empty folder that it is given.
            fresh: train again from the start, once in this run, whatever is there.

        Raises:
            BuildError: the training failed, now or before in this run.
            StoreError: the store cannot be written, the build was altered, or it was imported.
        """
        with self.holding(request.key):
            self._recover(request.key)
            self._require_own(request, fresh=fresh)
            if not fresh or self._note("trained", request.key).exists():
                found = self.find(request)
                if found is not None:
                    self._tidy(request.key)
                    return found
            self._raise_if_failed(request)
            if fresh:
                self._drop_checkpoint(request.key)
            return self._train(request, train)

    def _require_own(self, request: BuildRequest, *, fresh: bool) -> None:
        """Another site's training must neither stand in for this machine's nor be replaced, and no release either."""
        if fresh and reference_path(self.root, request.key).exists():
            raise StoreError(
                f"Build {request.key} ({request.title}) is a released reference and is not trained again: leave out "
                "--fresh, or give another --store."
            )
        site = self.site(request.key)
        if site and (self.root / "builds" / request.key).exists():
            raise StoreError(
                f"Build {request.key} ({request.title}) was imported from {site}, and this machine computes as that "
                "one does, so it is not trained here: give another --store, or leave this device out."
            )

    def _origin(self, key: str) -> str:
        return REFERENCE if key == self.reference else self.site(key)

    def once_in_run(self, name: str, make: Callable[[], list[Any]]) -> list[Any]:
        """Returns what ``make`` returns, called at most once in this run however many processes ask."""
        with self.holding(f"{self.run}-{name}"):
            path = self._note("fact", name)
            if path.is_file():
                return list(json.loads(path.read_bytes()))
            fact = make()
            write_file(path, json.dumps(fact).encode())
            return fact

    def _train(self, request: BuildRequest, train: Callable[[Path], None]) -> Build:
        folder = self.root / "builds" / request.key
        aside = folder.with_name(f".{request.key}.{uuid.uuid4().hex}")
        self._remove_left(request.key)
        for half_written in self.checkpoint_path(request.key).parent.glob(".*"):
            half_written.unlink(missing_ok=True)
        try:
            aside.mkdir()
            train(aside)
            read_build(aside, request.key)
            publish_folder(aside, folder)
            # Before the note is written: on a full disk this makes the room for it.
            self._drop_checkpoint(request.key)
            write_file(self._note("trained", request.key), b"")
        except BuildError as error:
            write_file(self._note("failed", request.key), str(error).encode())
            raise
        except OSError as error:
            raise unwritable(folder, error) from error
        finally:
            shutil.rmtree(aside, ignore_errors=True)
        return read_build(folder, request.key)

    def _recover(self, key: str) -> None:
        """Puts a build in its place that was whole when its run was killed, new or moved aside for a new one."""
        folder = self.root / "builds" / key
        for left in self._left(key):
            if not folder.exists() and _is_whole(left, key):
                publish_folder(left, folder)

    def _tidy(self, key: str) -> None:
        """Removes what a run that was killed after it had finished a build left of the training."""
        self._remove_left(key)
        self._drop_checkpoint(key)

    def _remove_left(self, key: str) -> None:
        for left_by_a_killed_run in self._left(key):
            shutil.rmtree(left_by_a_killed_run, ignore_errors=True)

    def _left(self, key: str) -> list[Path]:
        return list((self.root / "builds").glob(f".{key}.*"))

    def _drop_checkpoint(self, key: str) -> None:
        shutil.rmtree(self.checkpoint_path(key).parent, ignore_errors=True)

    def _raise_if_failed(self, request: BuildRequest) -> None:
        note = self._note("failed", request.key)
        if note.is_file():
            raise BuildError(note.read_text(encoding="utf-8"))

    def _note(self, kind: str, name: str) -> Path:
        return self.root / "runs" / self.run / f"{kind}-{name}"

    def _try_writing(self) -> None:
        probe = self.root / f".probe-{uuid.uuid4().hex}"
        try:
            write_file(probe, b"longcon")
            probe.unlink(missing_ok=True)
        except StoreError as error:
            cause = error.__cause__
            raise (unwritable(self.root, cause) if isinstance(cause, OSError) else error) from cause


def _holds(path: Path, digest: str) -> bool:
    """Whether a file is there whole; what cannot be read is written anew."""
    try:
        return digest_of(path.read_bytes()) == digest
    except OSError:
        return False


def _is_whole(folder: Path, key: str) -> bool:
    try:
        files = read_build(folder, key).manifest["files"]
        return all(_holds(folder / name, digest) for name, digest in files.items())
    except StoreError:
        return False
