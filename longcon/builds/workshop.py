"""The workshop: trains whatever a store lacks, several builds at a time, and tells how far they are."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from longcon.builds.build import Build
from longcon.builds.checkpoints import SECONDS_BETWEEN
from longcon.builds.command_runner import CommandRunner
from longcon.builds.executor import Executor, TrainingShape
from longcon.builds.fingerprints import Fingerprints
from longcon.builds.plan import BuildEvent
from longcon.builds.request import BuildRequest, identity_of
from longcon.builds.runner import Runner, told
from longcon.builds.store import Store
from longcon.devices import Device
from longcon.problems import CommandProblem, LoadedProblem, ProblemData
from longcon.source import code_version
from longcon.training import Recipe

_Given = ParamSpec("_Given")
_Made = TypeVar("_Made")


class Workshop:
    """Trains builds of some recipes on some data into a store.

    Args:
        store: where builds are kept.
        data: what they are trained on.
        recipes: that may be asked for, with any number of epochs.
        on_event: told of progress, from any thread.
        jobs: builds trained at a time.
        problem: whose method or command trains; the paper's method when None.
        executor: who trains; this machine when None.
        seconds_between_checkpoints: of training, at least.
        fresh: train again what the store holds.
    """

    def __init__(
        self,
        store: Store,
        data: ProblemData,
        recipes: Sequence[Recipe],
        on_event: Callable[[BuildEvent], None],
        *,
        jobs: int,
        problem: LoadedProblem | CommandProblem | None,
        executor: Executor | None = None,
        seconds_between_checkpoints: float = SECONDS_BETWEEN,
        fresh: bool = False,
    ) -> None:
        self.store, self.data, self._on_event = store, data, on_event
        self.data_digest = store.put_data(data)
        self._command = problem.command if isinstance(problem, CommandProblem) else None
        self._identity = identity_of(problem)
        self._commands = CommandRunner()
        self._processes = Runner(told(problem) if isinstance(problem, LoadedProblem) else None)
        self._executor = executor or self._processes
        self._between, self._fresh = seconds_between_checkpoints, fresh
        self._pool = ThreadPoolExecutor(max_workers=jobs, thread_name_prefix="builds")
        self._fingerprints = Fingerprints(self._take_fingerprints, store, self._pool, recipes)

    def submit(self, make: Callable[_Given, _Made], *args: _Given.args, **given: _Given.kwargs) -> Future[_Made]:
        """Has something made when one of the jobs is free."""
        return self._pool.submit(make, *args, **given)

    def look_at(self, device: Device) -> None:
        """Begins to take a device's fingerprints."""
        self._fingerprints.take(device)

    def fingerprint(self, device: Device, recipe: Recipe) -> dict[str, Any]:
        """Returns a device's fingerprint for a recipe, waiting for it.

        Raises:
            BuildError: it could not be taken.
        """
        return self._fingerprints.of(device, recipe)

    def request(
        self,
        device: Device,
        recipe: Recipe,
        record: tuple[int, ...],
        *,
        replicate: int = 1,
        keep_best: bool = False,
        detail: bool = False,
        curvature_every: int = 0,
        killed_after: int = 0,
        rebuild_of: str = "",
    ) -> BuildRequest:
        """Returns the request of a build, its device as its fingerprint shows it now.

        Raises:
            BuildError: the fingerprint could not be taken.
        """
        fingerprint = self.fingerprint(device, recipe)
        return BuildRequest(
            data=self.data_digest,
            recipe=recipe,
            device=device.name,
            numeric_class=fingerprint["numeric_class"],
            software=fingerprint["software"],
            code=code_version(),
            replicate=replicate,
            record=record,
            keep_best=keep_best,
            detail=detail,
            curvature_every=curvature_every,
            killed_after=killed_after,
            problem=self._identity,
            rebuild_of=rebuild_of,
        )

    def obtain(self, device: Device, request: BuildRequest, title: str | None = None) -> Build:
        """Returns the build that answers a request, trained unless the store holds it.

        Args:
            device: of the request.
            request: which build.
            title: under which its progress is told; its own when None, not at all when empty.

        Raises:
            BuildError: its training failed.
            StoreError: the store cannot be written, or the build was altered.
        """
        name, epochs = request.title if title is None else title, request.recipe.epochs
        epochs_done = None

        def tell(epoch: int, *, trained: bool = True, note: str = "") -> None:
            nonlocal epochs_done
            epochs_done = epoch
            if name:
                self._on_event(BuildEvent(name, epoch, epochs, trained, note))

        def train(folder: Path) -> None:
            tell(0)
            self._train(device, request, folder, tell, lambda note: tell(epochs_done or 0, note=note))

        build = self.store.obtain(request, train, fresh=self._fresh)
        if epochs_done is None:
            tell(epochs, trained=False)
        return build

    def close(self) -> None:
        """Ends what is still being trained."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._executor.close()
        self._processes.close()
        self._commands.close()
        with contextlib.suppress(Exception):
            self._pool.shutdown(wait=True)

    def _take_fingerprints(self, device: Device, recipes: Sequence[Recipe]) -> list[dict[str, Any]]:
        if self._command is not None:
            return [self._processes.command_fingerprint(device)] * len(recipes)
        return self._executor.fingerprints(device, [self._shape(recipe) for recipe in recipes])

    def _train(
        self,
        device: Device,
        request: BuildRequest,
        folder: Path,
        on_epoch: Callable[[int], None],
        on_note: Callable[[str], None],
    ) -> None:
        if self._command is not None:
            self._commands.train(
                self._command,
                device,
                request,
                data=self.data,
                fingerprint=self.fingerprint(device, request.recipe),
                folder=folder,
                run=self.store.run,
            )
            return
        self._executor.train(
            device,
            request,
            self._shape(request.recipe),
            data=self.store.data_path(self.data_digest),
            folder=folder,
            run=self.store.run,
            checkpoint=self.store.checkpoint_path(request.key),
            seconds_between_checkpoints=0.0 if request.killed_after else self._between,
            on_epoch=on_epoch,
            on_note=on_note,
        )

    def _shape(self, recipe: Recipe) -> TrainingShape:
        return TrainingShape(self.data.features, len(self.data.classes), recipe)
