"""Trains builds by a command, and ends those that still run when it is closed."""

from __future__ import annotations

import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from longcon.builds.command_build import harvest, write_command_build
from longcon.builds.command_folder import OUT
from longcon.builds.command_run import end_command, run_command
from longcon.builds.request import BuildRequest
from longcon.devices import Device
from longcon.errors import BuildError, RunEndedError
from longcon.problems import Command, ProblemData


class CommandRunner:
    """Runs a command for each build, in a folder of its own and in the environment of the build's device."""

    def __init__(self) -> None:
        self._commands: list[subprocess.Popen[bytes]] = []
        self._lock = threading.Lock()
        self._closed = False

    def train(
        self,
        command: Command,
        device: Device,
        request: BuildRequest,
        *,
        data: ProblemData,
        fingerprint: Mapping[str, Any],
        folder: Path,
        run: str,
    ) -> None:
        """Has a command train a build on ``device``, into ``folder``.

        Args:
            command: what trains.
            device: whose environment it is started in.
            request: which build.
            data: the cases that it must score.
            fingerprint: of the device, taken in its environment in this run.
            folder: empty, for the build's files.
            run: identifier of the run.

        Raises:
            BuildError: the command failed, or left what cannot be used; the text quotes the end of its log.
            RunEndedError: the run was ended before the command had ended.
            StoreError: the build could not be written.
        """
        what = f"Build {request.title}"
        recipe = request.recipe
        values = {"seed": str(recipe.seed), "k": str(recipe.k), "device": device.torch_device}
        started, clock = datetime.now(UTC), time.perf_counter()
        with tempfile.TemporaryDirectory(prefix="longcon-") as work:
            place = Path(work)
            try:
                log = run_command(command, values, device.process_environment(), place, started=self._add)
                seconds = time.perf_counter() - clock
                if command.digest() != request.problem["source"]:
                    raise BuildError("What the command reads changed while the run was under way: start it again.")
                snapshot = harvest(place / OUT, data, log, parameters=command.parameters)
            except BuildError as error:
                if self._closed:
                    raise RunEndedError(f"{what} was not finished, since the run was ended: run again.") from error
                raise BuildError(f"{what}: {error}") from error
        write_command_build(
            folder,
            request,
            snapshot,
            data,
            log,
            fingerprint=fingerprint,
            run=run,
            started=started.isoformat(timespec="milliseconds"),
            seconds=seconds,
        )

    def close(self) -> None:
        """Ends every command that still runs, and each that is yet to start."""
        with self._lock:
            self._closed = True
            for command in self._commands:
                end_command(command)

    def _add(self, command: subprocess.Popen[bytes]) -> None:
        with self._lock:
            self._commands = [process for process in self._commands if process.poll() is None] + [command]
            if self._closed:
                end_command(command)
