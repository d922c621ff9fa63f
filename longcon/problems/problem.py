"""A problem: the classifier under validation with its data."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from longcon.errors import CohortError
from longcon.problems.roster import Roster
from longcon.problems.soundness import require_sound
from longcon.training import Method

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it, and out of how much."""


@dataclass(frozen=True)
class ProblemData:
    """What builds are trained and judged on: measurements ready for the network.

    Attributes:
        problem: name of the problem.
        classes: C of Definition 1, in the order of the scores.
        target: the class of clinical interest.
        training: float64, cases x features. A command reads its own measurements; here they have no feature then.
        training_labels: int64 indices into ``classes``.
        training_cases: identifiers.
        holdout: float64, cases x features; found the cut-off and the released epoch.
        holdout_labels: as for training.
        holdout_cases: identifiers.
        prospective: float64, cases x features; longitudinal consistency is measured on it.
        prospective_cases: identifiers.
        facts: what was done to the data, for the report, as plain JSON values; ``"simulated"`` is true of cohorts that
            are no patients'.

    Raises:
        CohortError: shapes, types, labels or values do not fit, or a case stands where it may not; see `soundness`.
    """

    problem: str
    classes: tuple[str, ...]
    target: str
    training: NDArray[np.float64]
    training_labels: NDArray[np.int64]
    training_cases: tuple[str, ...]
    holdout: NDArray[np.float64]
    holdout_labels: NDArray[np.int64]
    holdout_cases: tuple[str, ...]
    prospective: NDArray[np.float64]
    prospective_cases: tuple[str, ...]
    facts: Mapping[str, object]

    def __post_init__(self) -> None:
        require_sound(self)

    @property
    def features(self) -> int:
        """Width p of the measurements."""
        return int(self.training.shape[1])

    @property
    def target_index(self) -> int:
        """Index of the target class."""
        return self.classes.index(self.target)

    @property
    def roster(self) -> Roster:
        """The cases that builds score, without their measurements."""
        return Roster(
            self.problem,
            self.classes,
            self.target,
            self.holdout_cases,
            self.holdout_labels,
            self.prospective_cases,
            simulated=bool(self.facts.get("simulated", False)),
        )

    def serialised(self) -> bytes:
        """Returns the data as safetensors bytes, the same for the same data."""
        text = {
            "problem": self.problem,
            "classes": self.classes,
            "target": self.target,
            "training_cases": self.training_cases,
            "holdout_cases": self.holdout_cases,
            "prospective_cases": self.prospective_cases,
            "facts": self.facts,
        }
        arrays = {name: np.ascontiguousarray(getattr(self, name)) for name in _ARRAYS}
        return save(arrays, metadata={"longcon": json.dumps(text, sort_keys=True)})


_ARRAYS = ("training", "training_labels", "holdout", "holdout_labels", "prospective")


def digest_of(serialised: bytes) -> str:
    """Returns the digest by which builds name the data that they were trained on."""
    return hashlib.sha256(serialised).hexdigest()


def load_data(path: Path) -> ProblemData:
    """Returns the data that was written from `ProblemData.serialised`.

    Raises:
        CohortError: the file is not such data.
    """
    try:
        with safe_open(path, framework="numpy") as file:
            text = json.loads(file.metadata()["longcon"])
            arrays: dict[str, Any] = {name: file.get_tensor(name) for name in _ARRAYS}
        names: dict[str, Any] = {key: tuple(v) if isinstance(v, list) else v for key, v in text.items()}
        return ProblemData(**names, **arrays)
    except (SafetensorError, KeyError, TypeError, ValueError, OSError) as error:
        raise CohortError(f"{path} does not hold a problem's data ({error}): delete it and run again.") from error


class Problem(Method, Protocol):
    """The classifier under validation, as longcon asks for it: its data here, its training by `Method`."""

    @property
    def name(self) -> str:
        """The name in reports."""

    def data(self, progress: Progress) -> ProblemData:
        """Returns the data to train and judge on.

        Raises:
            CohortError: the data cannot be used.
        """
