"""A small build that is really trained, in the very process that asks for it, as a build process would."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from longcon.builds import Build, BuildRequest, Store
from longcon.builds import worker as training_process
from longcon.builds.executor import TrainingShape
from longcon.devices import enforce
from longcon.draws import Draws
from longcon.problems import ProblemData, digest_of
from longcon.source import code_version
from longcon.training import PaperMethod, Recipe

CLASSES = ("a", "b", "c", "d")
Told = Callable[..., None]


def _nothing(**_: object) -> None:
    pass


@dataclass(frozen=True)
class SmallTraining:
    """What is trained, and how slowly.

    Attributes:
        data: of the problem.
        recipe: of the training.
        record: epochs whose states are kept.
        pause: seconds that every message takes, and so every epoch at least, so that a kill hits it in the middle.
        between: seconds between checkpoints.
        replicate: number of the training.
        told: given whatever the training tells.
    """

    data: ProblemData
    recipe: Recipe
    record: tuple[int, ...] = (0, 1, 2)
    pause: float = 0.0
    between: float = 0.0
    replicate: int = 1
    told: Told = _nothing

    def obtain(self, root: Path, *, run: str = "run", fresh: bool = False) -> Build:
        """Obtains the build from a store as a run does, training it here unless it is there."""
        store = Store(root, run)
        store.put_data(self.data)
        return store.obtain(self.request, lambda folder: self.train(store, folder), fresh=fresh)

    def train(self, store: Store, folder: Path) -> None:
        """Trains the build into an empty folder."""

        def slowly(**message: object) -> None:
            time.sleep(self.pause)
            self.told(**message)

        enforce()
        request = self.request
        job = {
            **_PLACE,
            "shape": self._shape.as_json(),
            "request": request.as_json(),
            "data": str(store.data_path(request.data)),
            "folder": str(folder),
            "run": store.run,
            "checkpoint": str(store.checkpoint_path(request.key)),
            "seconds_between_checkpoints": self.between,
        }
        training_process._train(job, slowly)

    @cached_property
    def request(self) -> BuildRequest:
        """The request, for this machine."""
        enforce()
        found: dict[str, Any] = training_process._fingerprint(_PLACE, PaperMethod(), self._shape.as_json())
        return BuildRequest(
            digest_of(self.data.serialised()),
            self.recipe,
            "cpu",
            found["numeric_class"],
            found["software"],
            code_version(),
            self.replicate,
            self.record,
            True,
        )

    @property
    def _shape(self) -> TrainingShape:
        return TrainingShape(self.data.features, len(self.data.classes), self.recipe)


_PLACE = {"torch_device": "cpu", "surrogate": None, "problem": None}


def small_data(features: int, seed: int = 0) -> ProblemData:
    """Returns four overlapping clouds: 37 cases to train on, 12 held out and 12 new ones."""
    draws = Draws(seed, "small data")
    labels = np.arange(61, dtype=np.int64) % len(CLASSES)
    values = 0.4 * draws.normal(len(CLASSES), features)[labels] + draws.normal(61, features)
    return ProblemData(
        problem="four clouds",
        classes=CLASSES,
        target="c",
        training=values[:37],
        training_labels=labels[:37],
        training_cases=tuple(f"t{case}" for case in range(37)),
        holdout=values[37:49],
        holdout_labels=labels[37:49],
        holdout_cases=tuple(f"h{case}" for case in range(12)),
        prospective=np.ascontiguousarray(values[49:]),
        prospective_cases=tuple(f"p{case}" for case in range(12)),
        facts={"simulated": True},
    )
