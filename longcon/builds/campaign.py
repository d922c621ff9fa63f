"""A campaign: the builds that one validation compares, each trained once, several at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import replace
from typing import Any, TypeVar

from longcon.builds.build import Build
from longcon.builds.coherence import require_coherent
from longcon.builds.elsewhere import Elsewhere
from longcon.builds.executor import Executor
from longcon.builds.plan import BuildEvent, Plan
from longcon.builds.request import recorded_epochs
from longcon.builds.store import Store
from longcon.builds.workshop import Workshop
from longcon.devices import Device
from longcon.problems import CommandProblem, LoadedProblem, ProblemData
from longcon.training import Recipe

# Every build keeps its states at these two epochs, so that the resumed one can be compared with it.
KILLED_AFTER, RESUMED_TO = 1, 2

_Item = TypeVar("_Item")


class Campaign:
    """The builds of a plan, trained in the background from the first question on.

    The original build (first device, replicate 1) of each k comes first, since it finds the released epoch that
    every rebuild must record.

    Args:
        plan: what to build.
        store: where builds are kept.
        data: what they are trained on.
        on_event: told of progress, from any thread.
        problem: whose method or command trains; the paper's method when None.
        elsewhere: the builds of those devices of the plan that this run does not train on.
        executor: who trains; this machine when None.
    """

    def __init__(
        self,
        plan: Plan,
        store: Store,
        data: ProblemData,
        on_event: Callable[[BuildEvent], None],
        problem: LoadedProblem | CommandProblem | None = None,
        elsewhere: Elsewhere | None = None,
        executor: Executor | None = None,
    ) -> None:
        self.plan, self.data, self._problem = plan, data, problem
        self._elsewhere = elsewhere or Elsewhere()
        self._workshop = Workshop(
            store,
            data,
            plan.recipes,
            on_event,
            jobs=plan.jobs,
            problem=problem,
            executor=executor,
            seconds_between_checkpoints=plan.seconds_between_checkpoints,
            fresh=plan.fresh,
        )
        self._originals: dict[int, Future[Build]] = {}
        self._rebuilds: dict[tuple[int, str, int], Future[Build]] = {}
        self._resumed: dict[tuple[int, str], Future[Build]] = {}
        self._handed_out: dict[str, None] = {}

    def start(self) -> None:
        """Begins to train whatever the store lacks."""
        if self._originals:
            return
        for device in self._own_devices:
            self._workshop.look_at(device)
        for recipe in self._rotated(self.plan.recipes):
            self._originals[recipe.k] = self._workshop.submit(self._train_original, recipe)

    def close(self) -> None:
        """Ends what is still being trained."""
        self._workshop.close()

    @property
    def data_digest(self) -> str:
        """SHA-256 of the data that builds are trained on."""
        return self._workshop.data_digest

    @property
    def original_device(self) -> Device:
        """The device of the original build."""
        return self.plan.devices[0]

    @property
    def handed_out(self) -> tuple[str, ...]:
        """The keys of all builds that were asked for so far, in the order of the first questions."""
        return tuple(self._handed_out)

    def fingerprint(self, device: Device, k: int) -> Mapping[str, Any]:
        """Returns the fingerprint of a device, in the plan or not, for the shapes of ``k``.

        Raises:
            BuildError: it is of another place, and no build of it is at hand.
        """
        if device.origin:
            return self._elsewhere.fingerprint(device, k)
        self.start()
        return self._workshop.fingerprint(device, self._recipe(k))

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
            method = self._problem.problem if isinstance(self._problem, LoadedProblem) else None
            require_coherent(build, self.data, self._released(original), method)
        self._handed_out[build.folder.name] = None
        return build

    def resumed(self, device: Device, k: int) -> Build:
        """Returns the first two epochs of a build, trained apart by a process killed after the first and by another.

        The second process knows no more of the first than the checkpoint on disk. The first question has those of all
        devices trained; like any build they are kept, so that they are trained once. They are not handed out.

        Raises:
            BuildError: its training failed.
            StoreError: the store cannot be written, or the build was altered.
        """
        self.start()
        if device.origin:
            return self._elsewhere.resumed(device, k)
        if not self._resumed:
            for recipe in self._rotated(self.plan.recipes):
                for each in self._own_devices:
                    self._resumed[recipe.k, each.name] = self._workshop.submit(self._obtain_resumed, each, recipe)
        return self._resumed[k, device.name].result()

    @property
    def _own_devices(self) -> tuple[Device, ...]:
        return tuple(device for device in self.plan.devices if not device.origin)

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
            if replicate in self.plan.replicates_of(device) and (device, replicate) != (self.original_device, 1)
        ]
        for device, replicate in self._rotated(others):
            future = self._workshop.submit(self._obtain, device, recipe, replicate, released, keep_best=False)
            self._rebuilds[recipe.k, device.name, replicate] = future
        return original

    def _obtain(
        self, device: Device, recipe: Recipe, replicate: int, released: int | None, *, keep_best: bool
    ) -> Build:
        if device.origin:
            return self._elsewhere.find(device, recipe.k, replicate, released)
        is_original = (device, replicate) == (self.original_device, 1)
        curvature = is_original or self.plan.curvature_of_rebuilds
        request = self._workshop.request(
            device,
            recipe,
            recorded_epochs(recipe.epochs, released),
            replicate=replicate,
            keep_best=keep_best,
            detail=self.plan.detail,
            curvature_every=self.plan.curvature_every if curvature else 0,
            rebuild_of=self.plan.rebuild_of,
        )
        return self._workshop.obtain(device, request)

    def _obtain_resumed(self, device: Device, recipe: Recipe) -> Build:
        request = self._workshop.request(
            device,
            replace(recipe, epochs=RESUMED_TO),
            recorded_epochs(RESUMED_TO, None),
            detail=self.plan.detail,
            killed_after=KILLED_AFTER,
            rebuild_of=self.plan.rebuild_of,
        )
        return self._workshop.obtain(device, request, title="")

    def _recipe(self, k: int) -> Recipe:
        return next(recipe for recipe in self.plan.recipes if recipe.k == k)

    def _fixed_release(self, recipe: Recipe) -> int | None:
        if self.plan.release == "best":
            return None
        return recipe.epochs if self.plan.release == "last" else int(self.plan.release)

    def _rotated(self, items: Sequence[_Item]) -> list[_Item]:
        start = self.plan.offset % max(1, len(items))
        return [*items[start:], *items[:start]]
