"""The fingerprints of a run's own devices: taken once in the run, in processes of their own, for all its shapes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from dataclasses import replace
from typing import Any

from longcon.builds.request import canonical_json
from longcon.builds.store import Store
from longcon.devices import Device
from longcon.training import Recipe

Take = Callable[[Device, Sequence[Recipe]], list[dict[str, Any]]]


class Fingerprints:
    """Fingerprints by device and recipe.

    Args:
        take: takes those of a device, one for each recipe.
        store: where those of a run are kept for its other processes.
        pool: takes them in the background.
        recipes: of the trainings that the run will make; those that differ in their epochs alone have one fingerprint.
    """

    def __init__(self, take: Take, store: Store, pool: Executor, recipes: Sequence[Recipe]) -> None:
        self._take_of, self._store, self._pool = take, store, pool
        self._recipes = list(dict.fromkeys(map(_shown, recipes)))
        self._taken: dict[str, Future[list[dict[str, Any]]]] = {}

    def take(self, device: Device) -> None:
        """Begins to take a device's fingerprints, unless that was begun before."""
        if device.name not in self._taken:
            self._taken[device.name] = self._pool.submit(self._take, device)

    def of(self, device: Device, recipe: Recipe) -> dict[str, Any]:
        """Returns a device's fingerprint for a recipe, waiting for it.

        Raises:
            BuildError: it could not be taken.
        """
        self.take(device)
        return self._taken[device.name].result()[self._recipes.index(_shown(recipe))]

    def _take(self, device: Device) -> list[dict[str, Any]]:
        # Another campaign of the same run may ask for other recipes.
        asked = hashlib.sha256(canonical_json([recipe.as_json() for recipe in self._recipes])).hexdigest()[:16]
        name = f"fingerprint-{device.name.replace(':', '-')}-{asked}"
        return self._store.once_in_run(name, lambda: self._take_of(device, self._recipes))


def _shown(recipe: Recipe) -> Recipe:
    """Returns what of a recipe its fingerprint shows: a probe takes one epoch, however long the training is."""
    return replace(recipe, epochs=1)
