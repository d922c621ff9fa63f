"""Builds of a user's own model, trained in this process."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from longcon.builds import Build, BuildRequest, Store
from longcon.builds.build_writer import write_build
from longcon.builds.checkpoints import Checkpoints
from longcon.problems import LoadedProblem, digest_of
from longcon.training import Cases, Checkpoint, Recipe, Training, train
from tests.planted.bench import Bench
from tests.planted.problems import RECIPE, data_in


class _KilledError(Exception):
    """Ends a training where a process is killed."""


def built(
    bench: Bench, mine: LoadedProblem, device: str = "cpu", replicate: int = 1, recipe: Recipe = RECIPE, killed: int = 0
) -> Build:
    """Returns a build of a problem, trained here unless the bench has it."""
    data = data_in(mine)
    request = BuildRequest(
        data=digest_of(data.serialised()),
        recipe=recipe,
        device=device,
        numeric_class=device,
        software={},
        code="c" * 32,
        replicate=replicate,
        record=tuple(range(recipe.epochs + 1)),
        keep_best=False,
        killed_after=killed,
        problem=mine.identity,
    )

    def trained(method: LoadedProblem, resume: Checkpoint | None, on_checkpoint: Callable[..., None]) -> Training:
        return train(
            recipe,
            len(data.classes),
            Cases(data.training, data.training_labels),
            Cases(data.holdout, data.holdout_labels),
            Cases(data.prospective, None),
            device=torch.device("cpu"),
            record=request.record,
            keep_best=False,
            method=method.problem,
            resume=resume,
            on_checkpoint=on_checkpoint,
        )

    def train_into(folder: Path) -> None:
        begun = time.perf_counter()
        resume = interrupted() if killed else None
        training = trained(mine.source.load(), resume, lambda *_: None)
        seconds = time.perf_counter() - begun
        about: dict[str, Any] = {
            "fingerprint": {},
            "settings": {},
            "run": "run",
            "started": "2026-01-01T00:00:00+00:00",
            "seconds": seconds,
        }
        write_build(folder, request, training, data.roster, **about)

    def interrupted() -> Checkpoint | None:
        """Returns what is on disk after a training was ended where a process is killed."""
        checkpoints = Checkpoints(bench.place / "checkpoint", request.key, 0, lambda _: None)

        def end(epoch: int, make: Callable[[], Checkpoint]) -> None:
            checkpoints.offer(make)
            if epoch == killed:
                raise _KilledError

        try:
            trained(mine.source.load(), None, end)
        except _KilledError:
            return checkpoints.read()
        raise AssertionError("it was not ended")

    return Store(bench.place / "models", "run").obtain(request, train_into)
