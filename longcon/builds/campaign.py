"""A campaign: the builds that one validation compares, each trained once, several at a time."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from longcon.builds.build import Build
from longcon.builds.coherence import require_coherent
from longcon.builds.request import BuildRequest, recorded_epochs
from longcon.builds.runner import Runner
from longcon.builds.store import Store
from longcon.devices import Device, ProbeShape
from longcon.problems import ProblemData
from longcon.source import code_version
from longcon.training import Recipe

REPLICATES = (1, 2)

_Item = TypeVar("_Item")


@dataclass(frozen=True)
class BuildEvent:
    """How far a campaign is.

    Attributes:
        title: the build that moved.
        epoch: how many of its epochs are done; its last one means that it is finished.
        epochs: how many it has.
        trained: whether it was trained now (False: it came from the store).
    """

    title: str
    epoch: int
    epochs: int
    trained: bool


@dataclass(frozen=True)
class Plan:
    """What to build.

    Attributes:
        devices: the first is the original's; all others are rebuilds.
        recipes: one for each k.
        release: ``"best"`` for the original's best hold-out epoch, ``"last"``, or the number of an epoch.
        jobs: builds trained at a time.
        fresh: train again what the store holds.
        offset: where in the list of builds to begin, so that processes that share a store begin apart.
        replicates: numbers of the trainings on each device; 1, the original's, is one of them.
        detail: keep `Detail` of every step as well.
        curvature_every: measure the curvature every so many steps; 0 for never.
        curvature_of_rebuilds: measure it on every build, not on the originals alone.
    """

    devices: tuple[Device, ...]
    recipes: tuple[Recipe, ...]
    release: str | int
    jobs: int
    fresh: bool
    offset: int = 0
    replicates: tuple[int, ...] = REPLICATES
    detail: bool = False
    curvature_every: int = 0
    curvature_of_rebuilds: bool = False

    @property
    def builds(self) -> int:
        """How many builds there are."""
        return len(self.devices) * len(self.recipes) * len(self.replicates)


class Campaign:
    """The builds of a plan, trained in the background from the first question on.

    The original build (first device, replicate 1) of each k comes first, since it finds the released epoch that
    every rebuild must record.

    Args:
        plan: what to build.
        store: where builds are kept.
        data: what they are trained on.
        on_event: told of progress, from any thread.
    """

    def __init__(self, plan: Plan, store: Store, data: ProblemData, on_event: Callable[[BuildEvent], None]) -> None:
        self.plan, self.data = plan, data
        self._store, self._on_event = store, on_event
        self._digest = store.put_data(data)
        self._runner = Runner()
        self._pool = ThreadPoolExecutor(max_workers=plan.jobs, thread_name_prefix="builds")
        self._fingerprints: dict[str, Future[list[dict[str, Any]]]] = {}
        self._originals: dict[int, Future[Build]] = {}
        self._rebuilds: dict[tuple[int, str, int], Future[Build]] = {}
        self._handed_out: dict[str, None] = {}

    def start(self) -> None:
        """Begins to train whatever the store lacks."""
        if self._originals:
            return
        for device in self.plan.devices:
            self._fingerprints[device.name] = self._pool.submit(self._take_fingerprints, device)
        for recipe in self._rotated(self.plan.recipes):
            self._originals[recipe.k] = self._pool.submit(self._train_original, recipe)

    def close(self) -> None:
        """Ends what is still being trained."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._runner.close()
        with contextlib.suppress(Exception):
            self._pool.shutdown(wait=True)

    @property
    def data_digest(self) -> str:
        """SHA-256 of the data that builds are trained on."""
        return self._digest

    @property
    def original_device(self) -> Device:
        """The device of the original build."""
        return self.plan.devices[0]

    @property
    def handed_out(self) -> tuple[str, ...]:
        """The keys of all builds that were asked for so far, in the order of the first questions."""
        return tuple(self._handed_out)

    def fingerprint(self, device: Device, k: int) -> Mapping[str, Any]:
        """Returns the fingerprint of a device, in the plan or not, for the shapes of ``k``."""
        self.start()
        if device.name not in self._fingerprints:
            self._fingerprints[device.name] = self._pool.submit(self._take_fingerprints, device)
        return self._fingerprint(device, k)

    def released_epoch(self, k: int) -> int:
        """Returns the epoch whose state is released, found on the original build and never chosen again."""
        fixed = self._fixed_release(self._recipe(k))
        return self.build(self.original_device, k, 1).best_epoch if fixed is None else fixed

    def build(self, device: Device, k: int, replicate: int) -> Build:
        """Returns a build, waiting for it when it is still being trained.

        Raises:
            BuildError: its training failed.
            StoreError: the store cannot be written, or the build was altered or contradicts itself.
        """
        self.start()
        build = original = self._originals[k].result()
        if device != self.original_device or replicate != 1:
            build = self._rebuilds[k, device.name, replicate].result()
        if build.folder.name not in self._handed_out:
            require_coherent(build, self.data, self._released(original))
        self._handed_out[build.folder.name] = None
        return build

    def _released(self, original: Build) -> int:
        fixed = self._fixed_release(Recipe.of_json(original.request["recipe"]))
        return original.best_epoch if fixed is None else fixed

    def _train_original(self, recipe: Recipe) -> Build:
        best = self.plan.release == "best"
        original = self._obtain(self.original_device, recipe, 1, self._fixed_release(recipe), keep_best=best)
        released = original.best_epoch if best else self._fixed_release(recipe)
        others = [
            (device, replicate)
            for replicate in self.plan.replicates
            for device in self.plan.devices
            if (device, replicate) != (self.original_device, 1)
        ]
        for device, replicate in self._rotated(others):
            future = self._pool.submit(self._obtain, device, recipe, replicate, released, keep_best=False)
            self._rebuilds[recipe.k, device.name, replicate] = future
        return original

    def _obtain(
        self, device: Device, recipe: Recipe, replicate: int, released: int | None, *, keep_best: bool
    ) -> Build:
        fingerprint = self._fingerprint(device, recipe.k)
        is_original = (device, replicate) == (self.original_device, 1)
        curvature = is_original or self.plan.curvature_of_rebuilds
        request = BuildRequest(
            data=self._digest,
            recipe=recipe,
            device=device.name,
            numeric_class=fingerprint["numeric_class"],
            software=fingerprint["software"],
            code=code_version(),
            replicate=replicate,
            record=recorded_epochs(recipe.epochs, released),
            keep_best=keep_best,
            detail=self.plan.detail,
            curvature_every=self.plan.curvature_every if curvature else 0,
        )
        trained = False

        def on_epoch(epoch: int) -> None:
            self._on_event(BuildEvent(request.title, epoch, recipe.epochs, trained=True))

        def train(folder: Path) -> None:
            nonlocal trained
            trained = True
            on_epoch(0)
            self._runner.train(
                device,
                request,
                self._shape(recipe),
                data=self._store.data_path(self._digest),
                folder=folder,
                run=self._store.run,
                on_epoch=on_epoch,
            )

        build = self._store.obtain(request, train, fresh=self.plan.fresh)
        if not trained:
            self._on_event(BuildEvent(request.title, recipe.epochs, recipe.epochs, trained=False))
        return build

    def _fingerprint(self, device: Device, k: int) -> dict[str, Any]:
        index = [recipe.k for recipe in self.plan.recipes].index(k)
        return self._fingerprints[device.name].result()[index]

    def _take_fingerprints(self, device: Device) -> list[dict[str, Any]]:
        shapes = [self._shape(recipe) for recipe in self.plan.recipes]
        name = f"fingerprint-{device.name.replace(':', '-')}"
        return self._store.once_in_run(name, lambda: self._runner.fingerprints(device, shapes))

    def _shape(self, recipe: Recipe) -> ProbeShape:
        return ProbeShape(self.data.features, recipe.widths, len(self.data.classes), recipe.k, recipe.dtype)

    def _recipe(self, k: int) -> Recipe:
        return next(recipe for recipe in self.plan.recipes if recipe.k == k)

    def _fixed_release(self, recipe: Recipe) -> int | None:
        if self.plan.release == "best":
            return None
        return recipe.epochs if self.plan.release == "last" else int(self.plan.release)

    def _rotated(self, items: Sequence[_Item]) -> list[_Item]:
        start = self.plan.offset % max(1, len(items))
        return [*items[start:], *items[:start]]
