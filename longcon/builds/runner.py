"""The runner: one process for each build, in the numeric environment of its device."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from longcon.builds.executor import OnEpoch, OnNote, TrainingShape
from longcon.builds.processes import ForkServers, JobProcess, last_words, temporary_file
from longcon.builds.request import BuildRequest
from longcon.devices import Device
from longcon.errors import BuildError, RunEndedError, reported_error
from longcon.problems import LoadedProblem


@dataclass(frozen=True)
class _Ears:
    """Who is told what a process says as it goes."""

    on_epoch: OnEpoch = lambda _: None
    on_note: OnNote = lambda _: None


def told(problem: LoadedProblem | None) -> dict[str, object] | None:
    """Returns what a build process is told of a problem; None for the paper's method alone."""
    return None if problem is None else {"source": problem.source.as_json(), "identity": dict(problem.identity)}


class Runner:
    """The executor of this machine: starts build processes, and ends those still running when it is closed.

    Args:
        problem: whose method trains, as `told` has it; the paper's when None.
    """

    def __init__(self, problem: Mapping[str, object] | None = None) -> None:
        self._problem = problem
        self._servers = ForkServers()
        self._running: dict[JobProcess, object] = {}
        self._ended: set[object] = set()
        self._lock = threading.Lock()
        self._closed = False

    def fingerprints(self, device: Device, shapes: Sequence[TrainingShape]) -> list[dict[str, Any]]:
        """Returns a fingerprint of ``device`` for each shape, as JSON values.

        Raises:
            BuildError: the process failed.
        """
        job = {
            "task": "fingerprint",
            **_device_fields(device),
            "problem": self._problem,
            "shapes": [shape.as_json() for shape in shapes],
        }
        return list(self._run(device, job, _Ears(), f"The fingerprint of {device.name}"))

    def train(
        self,
        device: Device,
        request: BuildRequest,
        shape: TrainingShape,
        *,
        data: Path,
        folder: Path,
        run: str,
        checkpoint: Path,
        seconds_between_checkpoints: float,
        on_epoch: OnEpoch,
        on_note: OnNote,
    ) -> None:
        """Trains a build on ``device`` into ``folder``, in a process of its own; see `Executor.train`.

        Raises:
            BuildError: the training failed; the text quotes the end of its log.
            StoreError: the build could not be written.
        """
        job = {
            "task": "train",
            **_device_fields(device),
            "problem": self._problem,
            "shape": shape.as_json(),
            "request": request.as_json(),
            "data": str(data),
            "folder": str(folder),
            "run": run,
            "checkpoint": str(checkpoint),
            "seconds_between_checkpoints": seconds_between_checkpoints,
        }
        hear = _Ears(on_epoch, on_note)
        self._run(device, job, hear, f"Build {request.title}")

    def command_fingerprint(self, device: Device) -> dict[str, Any]:
        """Returns the fingerprint of a device for what commands rest on, as JSON values.

        Raises:
            BuildError: the process failed.
        """
        job = {"task": "command fingerprint", **_device_fields(device)}
        return dict(self._run(device, job, _Ears(), f"The fingerprint of {device.name}"))

    def end(self, folder: Path) -> None:
        """Ends the training into ``folder``, begun or about to begin, as the end of the run would."""
        with self._lock:
            self._ended.add(str(folder))
            for process, into in self._running.items():
                if into == str(folder):
                    process.kill()

    def close(self) -> None:
        """Ends every process that still runs and lets no other start."""
        with self._lock:
            self._closed = True
            for process in self._running:
                process.kill()
        self._servers.close()

    def _run(self, device: Device, job: Mapping[str, object], hear: _Ears, what: str) -> Any:
        with temporary_file() as log:
            process = self._start(device, job, log, what)
            try:
                result = _follow(process, hear)
            finally:
                self._end(process)
            if "done" in result:
                return result["done"]
            if self._closed or job.get("folder") in self._ended:
                raise RunEndedError(f"{what} was not finished, since the run was ended: run again.")
            if "error" in result:
                raise reported_error(str(result.get("kind")), str(result["error"]))
            log.seek(0)
            raise BuildError(f"{what} ended with exit status {process.status}; its last words: {last_words(log)}")

    def _start(self, device: Device, job: Mapping[str, object], log: IO[bytes], what: str) -> JobProcess:
        self._require_open()
        process = self._servers.start(device.process_environment(), json.dumps(job), log, what)
        with self._lock:
            self._running[process] = job.get("folder")
            if self._closed or job.get("folder") in self._ended:
                process.kill()
        return process

    def _require_open(self) -> None:
        with self._lock:
            if self._closed:
                raise RunEndedError("A build was not begun, since the run was ended: run again.")

    def _end(self, process: JobProcess) -> None:
        with self._lock:
            self._running.pop(process)
        if process.status is None:
            process.kill()


def _device_fields(device: Device) -> dict[str, object]:
    surrogate = device.surrogate
    return {
        "torch_device": device.torch_device,
        "surrogate": [surrogate.kind, surrogate.value] if surrogate else None,
        "site": device.site,
    }


def _follow(process: JobProcess, hear: _Ears) -> dict[str, Any]:
    """Follows a process to its end and returns its last message."""
    last: dict[str, Any] = {}
    with closing(process.lines()) as lines:
        for line in lines:
            try:
                message = json.loads(line)
            except ValueError:
                continue  # a message that was cut when the process was killed
            if "status" in message:
                process.ended(int(message["status"]))
                break  # what it started may live on, and holds the line open
            if "pid" in message:
                process.started(int(message["pid"]))
                continue
            last = message
            if "epoch" in message:
                hear.on_epoch(int(message["epoch"]))
            if "note" in message:
                hear.on_note(str(message["note"]))
    return last
