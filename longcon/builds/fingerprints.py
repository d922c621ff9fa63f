"""The fingerprints of a run's own devices: taken once in the run, in processes of their own, for all its shapes."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Executor, Future
from typing import Any

from longcon.builds.runner import Runner, TrainingShape
from longcon.builds.store import Store
from longcon.devices import Device


class Fingerprints:
    """Fingerprints by device and k.

    Args:
        runner: takes them.
        store: where those of a run are kept for its other processes.
        pool: takes them in the background.
        shapes: of the trainings that the run will make, by k.
        for_a_command: whether a command trains, which computes in shapes of its own.
    """

    def __init__(
        self, runner: Runner, store: Store, pool: Executor, shapes: Mapping[int, TrainingShape], *, for_a_command: bool
    ) -> None:
        self._runner, self._store, self._pool = runner, store, pool
        self._shapes, self._for_a_command = dict(shapes), for_a_command
        self._taken: dict[str, Future[list[dict[str, Any]]]] = {}

    def take(self, device: Device) -> None:
        """Begins to take a device's fingerprints, unless that was begun before."""
        if device.name not in self._taken:
            self._taken[device.name] = self._pool.submit(self._take, device)

    def of(self, device: Device, k: int) -> dict[str, Any]:
        """Returns a device's fingerprint for the shapes of ``k``, waiting for it.

        Raises:
            BuildError: it could not be taken.
        """
        self.take(device)
        return self._taken[device.name].result()[list(self._shapes).index(k)]

    def _take(self, device: Device) -> list[dict[str, Any]]:
        shapes = list(self._shapes.values())
        name = f"fingerprint-{device.name.replace(':', '-')}"
        if self._for_a_command:
            return self._store.once_in_run(name, lambda: [self._runner.command_fingerprint(device)]) * len(shapes)
        return self._store.once_in_run(name, lambda: self._runner.fingerprints(device, shapes))
