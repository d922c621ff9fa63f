"""The room that longcon has in a worker of Dask's: build processes, the data, and what is to be seen from outside.

It is made when the first task comes, on this worker alone, and closed with it: the cluster is left as it was found.
"""

from __future__ import annotations

import asyncio
import hashlib
import shutil
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from distributed import Status, Worker, WorkerPlugin
from tornado.ioloop import PeriodicCallback

from longcon.builds.cluster.job import FingerprintJob, TrainingJob
from longcon.builds.files import unwritable
from longcon.builds.request import canonical_json
from longcon.builds.runner import Runner

NAME = "longcon"
# What tasks say as they go; every client hears it and keeps what is for itself.
TOPIC = "longcon"
# Columns of the dashboard's table of workers.
OWN_COLUMN, RUN_COLUMN = "longcon", "longcon run"
# So long after the last task, processes that wait for more are ended, and the data removed.
_IDLE = 600.0
_LOOK = 5.0
_SECONDS_BETWEEN_EPOCHS = 0.2


class Room(WorkerPlugin):
    """What longcon keeps in a worker's process."""

    def __init__(self) -> None:
        self._runners: dict[bytes, Runner] = {}
        self._doing: dict[str, str] = {}
        self._folders: dict[str, Path] = {}
        self._run = ""
        self._at_work, self._last = 0, time.monotonic()
        self._lock = threading.Lock()

    def setup(self, worker: Worker) -> None:
        """Makes the room in a worker."""
        self._worker = worker
        self._place = Path(worker.local_directory, "longcon")
        worker.metrics[OWN_COLUMN] = lambda _: self.doing
        worker.metrics[RUN_COLUMN] = lambda _: self._run
        self._clock = PeriodicCallback(self._rest, _LOOK * 1000)
        self._clock.start()

    async def teardown(self, worker: Worker) -> None:
        """Ends every training, and leaves nothing behind."""
        self._clock.stop()
        for column in (OWN_COLUMN, RUN_COLUMN):
            worker.metrics.pop(column, None)
        await asyncio.to_thread(self._clear)

    def transition(self, key: Any, start: str, finish: str, **_: Any) -> None:
        """Ends the training of a task that nobody waits for any more; Dask itself would let it go on to its end."""
        folder = self._folders.get(str(key))
        if folder is not None and (start, finish) == ("executing", "released"):
            for runner in list(self._runners.values()):
                runner.end(folder)

    @property
    def doing(self) -> str:
        """What is done in this room, in words."""
        return "; ".join(list(self._doing.values()))

    def announce(self, text: str) -> None:
        """Shows how far a run is."""
        self._run = text

    def holds(self, digest: str) -> bool:
        """Whether the data with this digest are here."""
        return self._data(digest).is_file()

    def receive(self, digest: str, transfer: str, part: bytes, *, last: bool) -> bool:
        """Takes a part of the data; the parts of one transfer come in order.

        Args:
            digest: SHA-256 of the whole.
            transfer: tells this transfer from others of the same data.
            part: the next bytes.
            last: whether nothing follows.

        Returns:
            Whether that went well; after the last part, whether the data are here, whole.

        Raises:
            StoreError: there is no room for it.
        """
        path = self._data(digest)
        aside = path.with_name(f".{path.name}.{transfer}")
        try:
            aside.parent.mkdir(parents=True, exist_ok=True)
            with aside.open("ab") as file:
                file.write(part)
            if not last:
                return True
            with aside.open("rb") as file:
                is_whole = hashlib.file_digest(file, "sha256").hexdigest() == digest
            if is_whole:
                aside.replace(path)
            aside.unlink(missing_ok=True)
        except OSError as error:
            raise unwritable(aside, error) from error
        return is_whole

    def fingerprints(self, job: FingerprintJob) -> list[dict[str, Any]]:
        """Returns fingerprints of a device of this worker.

        Raises:
            BuildError: they could not be taken.
        """
        with self._working(f"fingerprint of {job.device.name}"):
            return self._runner(job.problem).fingerprints(job.device, job.shapes)

    def train(self, job: TrainingJob) -> dict[str, bytes]:
        """Returns the files of a build, trained here.

        Raises:
            BuildError: the training failed.
            StoreError: there is no room for the build.
        """
        title, epochs = job.request.title, job.request.recipe.epochs
        folder = self._place / f"build-{uuid.uuid4().hex}"
        said = float("-inf")

        def on_epoch(epoch: int) -> None:
            nonlocal said
            self._doing[job.task] = f"{title}: epoch {epoch} of {epochs}"
            # The last one is told by the client, when the build is there.
            if epoch < epochs and time.monotonic() - said > _SECONDS_BETWEEN_EPOCHS:
                said = time.monotonic()
                self._say(job, epoch=epoch)

        with self._working(f"{title}: epoch 0 of {epochs}", job.task), _made(folder):
            self._folders[job.task] = folder / "build"
            try:
                self._runner(job.problem).train(
                    job.device,
                    job.request,
                    job.shape,
                    data=self._data(job.request.data),
                    folder=folder / "build",
                    run=job.run,
                    checkpoint=_checkpoint(job, folder),
                    seconds_between_checkpoints=job.seconds_between_checkpoints,
                    on_epoch=on_epoch,
                    on_note=lambda note: self._say(job, note=note),
                )
                return {path.name: path.read_bytes() for path in sorted((folder / "build").iterdir())}
            finally:
                self._folders.pop(job.task, None)

    @contextmanager
    def _working(self, what: str, task: str | None = None) -> Iterator[None]:
        name = task or uuid.uuid4().hex
        with self._lock:
            self._at_work += 1
        self._doing[name] = what
        try:
            yield
        finally:
            self._doing.pop(name, None)
            with self._lock:
                self._at_work -= 1
                self._last = time.monotonic()

    def _runner(self, problem: Mapping[str, object] | None) -> Runner:
        key = canonical_json(problem)
        with self._lock:
            return self._runners.setdefault(key, Runner(problem))

    def _data(self, digest: str) -> Path:
        return self._place / "data" / f"{digest}.safetensors"

    def _say(self, job: TrainingJob, **message: object) -> None:
        self._worker.log_event(TOPIC, {"task": job.task, "worker": self._worker.address, **message})

    def _rest(self) -> None:
        """Gives memory and disk back when nothing was asked for in a while, as when a client was killed.

        A worker that is told to close twice at the same moment may be left half closed, with all that it trains.
        """
        is_closing = self._worker.status in (Status.closing, Status.closed, Status.failed)
        with self._lock:
            if not is_closing and (self._at_work or time.monotonic() - self._last < _IDLE):
                return
            self._clear()
            self._last = time.monotonic()

    def _clear(self) -> None:
        for runner in self._runners.values():
            runner.close()
        self._runners.clear()
        shutil.rmtree(self._place, ignore_errors=True)


@contextmanager
def _made(folder: Path) -> Iterator[None]:
    try:
        (folder / "build").mkdir(parents=True)
    except OSError as error:
        raise unwritable(folder, error) from error
    try:
        yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _checkpoint(job: TrainingJob, folder: Path) -> Path:
    """Returns where the build's checkpoint goes: to the store, where this machine sees the store's file system.

    It does if it sees the folder that was made for this build a moment ago, whose name nobody could guess. A training
    that kills itself keeps to itself: two workers may do it at once, when one of them was thought dead.
    """
    is_shared = not job.request.killed_after and Path(job.folder).is_dir()
    return Path(job.checkpoint) if is_shared else folder / "checkpoint"
