"""The store: builds by content address, trained once, verified when read."""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from filelock import FileLock

from longcon.builds.build import Build, read_build
from longcon.builds.files import publish_folder, unwritable, write_file
from longcon.builds.request import BuildRequest
from longcon.errors import BuildError
from longcon.problems import ProblemData, digest_of


class Store:
    """A folder of builds, shared by the processes of a run and by runs.

    Args:
        root: the folder; made when absent.
        run: identifier of this run, the same in all its processes: what failed in it is not tried again.

    Raises:
        StoreError: the folder cannot be written.
    """

    def __init__(self, root: Path, run: str) -> None:
        self.root, self.run = root.absolute(), run
        try:
            for name in ("builds", "data", "locks", "runs", "cohorts", "checkpoints"):
                (self.root / name).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise unwritable(self.root, error) from error
        probe = self.root / f".probe-{uuid.uuid4().hex}"
        write_file(probe, b"longcon")
        probe.unlink(missing_ok=True)

    def put_data(self, data: ProblemData) -> str:
        """Keeps a problem's data for the training processes and returns its digest."""
        content = data.serialised()
        digest = digest_of(content)
        path = self.data_path(digest)
        if not path.is_file() or digest_of(path.read_bytes()) != digest:
            write_file(path, content)
        return digest

    def data_path(self, digest: str) -> Path:
        """Returns where the data with this digest is kept."""
        return self.root / "data" / f"{digest}.safetensors"

    def checkpoint_path(self, key: str) -> Path:
        """Returns where the build with this key keeps its last checkpoint while it is trained."""
        return self.root / "checkpoints" / key / "checkpoint"

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
        return read_build(self.root / "builds" / key, key)

    def obtain(self, request: BuildRequest, train: Callable[[Path], None], *, fresh: bool = False) -> Build:
        """Returns the build that answers the request, training it unless it is there.

        Any number of processes may ask for the same build at once; one trains, the others wait for it.

        Args:
            request: which build.
            train: writes the build into the empty folder that it is given.
            fresh: train again from the start, once in this run, whatever is there.

        Raises:
            BuildError: the training failed, now or before in this run.
            StoreError: the store cannot be written, or the build was altered.
        """
        with self._lock(request.key):
            if not fresh or self._note("trained", request.key).exists():
                found = self.find(request)
                if found is not None:
                    return found
            self._raise_if_failed(request)
            if fresh:
                self._drop_checkpoint(request.key)
            return self._train(request, train)

    def once_in_run(self, name: str, make: Callable[[], list[Any]]) -> list[Any]:
        """Returns what ``make`` returns, called at most once in this run however many processes ask."""
        with self._lock(f"{self.run}-{name}"):
            path = self._note("fact", name)
            if path.is_file():
                return list(json.loads(path.read_bytes()))
            fact = make()
            write_file(path, json.dumps(fact).encode())
            return fact

    def _train(self, request: BuildRequest, train: Callable[[Path], None]) -> Build:
        folder = self.root / "builds" / request.key
        aside = folder.with_name(f".{request.key}.{uuid.uuid4().hex}")
        for left_by_a_killed_run in folder.parent.glob(f".{request.key}.*"):
            shutil.rmtree(left_by_a_killed_run, ignore_errors=True)
        for half_written in self.checkpoint_path(request.key).parent.glob(".*"):
            half_written.unlink(missing_ok=True)
        try:
            aside.mkdir()
            train(aside)
            read_build(aside, request.key)
            publish_folder(aside, folder)
            write_file(self._note("trained", request.key), b"")
            self._drop_checkpoint(request.key)
        except BuildError as error:
            write_file(self._note("failed", request.key), str(error).encode())
            raise
        except OSError as error:
            raise unwritable(folder, error) from error
        finally:
            shutil.rmtree(aside, ignore_errors=True)
        return read_build(folder, request.key)

    def _drop_checkpoint(self, key: str) -> None:
        shutil.rmtree(self.checkpoint_path(key).parent, ignore_errors=True)

    def _raise_if_failed(self, request: BuildRequest) -> None:
        note = self._note("failed", request.key)
        if note.is_file():
            raise BuildError(note.read_text(encoding="utf-8"))

    def _note(self, kind: str, name: str) -> Path:
        return self.root / "runs" / self.run / f"{kind}-{name}"

    def _lock(self, name: str) -> FileLock:
        return FileLock(self.root / "locks" / f"{name}.lock")
