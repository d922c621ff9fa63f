"""A scheduler and workers of Dask's, as a laboratory starts them: real processes, on the loopback alone."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[3]
# What every process that a worker starts has in its environment: which worker that was.
_MARK = "STARTED_BY_DASK_PROCESS"
# A loaded machine may take so long to import PyTorch; nothing waits for it once the process is there.
_PATIENCE = 120.0


class DaskProcesses:
    """A scheduler, and the workers that were started for it.

    Args:
        place: folder for logs and for what workers keep.
        environment: variables of the scheduler besides those of this process.
    """

    def __init__(self, place: Path, environment: Mapping[str, str] | None = None) -> None:
        self.place = place
        place.mkdir(parents=True, exist_ok=True)
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        told = place / "scheduler.json"
        options = ("--port=0", "--dashboard-address=127.0.0.1:0", f"--scheduler-file={told}")
        self._start("scheduler", "scheduler", *options, environment=environment)
        until(told.exists, "the scheduler")
        until(lambda: told.read_text().endswith("}"), "the scheduler")
        self.address: str = json.loads(told.read_text())["address"]

    def worker(
        self,
        name: str,
        resources: str,
        environment: Mapping[str, str] | None = None,
        *options: str,
        nanny: bool = False,
        path: Path = ROOT,
    ) -> str:
        """Starts a worker and waits until the scheduler has it.

        Args:
            name: of the worker; no other has it.
            resources: as ``--resources`` takes them; none when empty.
            environment: variables besides those of this process.
            options: of ``dask worker``, besides.
            nanny: whether a nanny starts it again when it is killed.
            path: where it finds longcon.

        Returns:
            Its name.
        """
        offered = [f"--resources={resources}"] if resources else []
        arguments = [self.address, f"--name={name}", "--nthreads=1", *offered, "--no-dashboard", *options]
        if not nanny:
            arguments.append("--no-nanny")
        self._start(
            name, "worker", *arguments, f"--local-directory={self.place / name}", environment=environment, path=path
        )
        until(lambda: "Registered to:" in self.log(name), f"worker {name}")
        return name

    def log(self, name: str) -> str:
        """Returns what a process has said so far."""
        return (self.place / f"{name}.log").read_text(errors="replace")

    def kill(self, name: str) -> None:
        """Kills a process as a machine that loses its power does."""
        process = self._processes.pop(name)
        process.send_signal(signal.SIGKILL)
        process.wait()

    def kill_under_nanny(self, name: str) -> None:
        """Kills a worker whose nanny lives on."""
        nanny = psutil.Process(self._processes[name].pid)
        (worker,) = (child for child in nanny.children() if "spawn_main" in " ".join(child.cmdline()))
        worker.kill()

    def left(self, name: str) -> list[int]:
        """Returns the processes that a worker started, and itself, as far as they run."""
        found = []
        for process in psutil.process_iter():
            try:
                if process.environ().get(_MARK) == f"{self.place}/{name}" and process.status() != "zombie":
                    found.append(process.pid)
            except psutil.Error:
                continue
        return found

    def close(self) -> None:
        """Ends what still runs, workers first."""
        for process in reversed(self._processes.values()):
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._processes.clear()

    def _start(
        self, name: str, kind: str, *arguments: str, environment: Mapping[str, str] | None = None, path: Path = ROOT
    ) -> None:
        own = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST_", "DASK_"))}
        with (self.place / f"{name}.log").open("wb") as log:
            self._processes[name] = subprocess.Popen(
                [sys.executable, "-m", "dask", kind, "--host=127.0.0.1", *arguments],
                cwd=self.place,
                env={**own, "PYTHONPATH": str(path), _MARK: f"{self.place}/{name}", **(environment or {})},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )


def until(holds: Callable[[], object], what: str) -> None:
    """Waits until something holds."""
    end = time.monotonic() + _PATIENCE
    while not holds():
        assert time.monotonic() < end, f"{what} is not there"
        time.sleep(0.05)
