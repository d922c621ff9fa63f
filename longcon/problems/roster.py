"""The roster: which cases a build scored, so that its calls can be counted without the data."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

_FIELDS = {"problem", "classes", "target", "holdout_cases", "holdout_labels", "prospective_cases", "simulated"}


class ScoredCases(Protocol):
    """What calls are counted by: `Roster` and `ProblemData` both are such."""

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes, in the order of the scores."""

    @property
    def target(self) -> str:
        """The class of clinical interest."""

    @property
    def target_index(self) -> int:
        """Index of the target class."""

    @property
    def holdout_labels(self) -> NDArray[np.int64]:
        """Indices into the classes."""

    @property
    def prospective_cases(self) -> tuple[str, ...]:
        """Identifiers."""


@dataclass(frozen=True, eq=False)
class Roster:
    """The cases that a build scored, in the order of its scores; no measurement of any of them.

    Attributes:
        problem: name of the problem.
        classes: C of Definition 1, in the order of the scores.
        target: the class of clinical interest.
        holdout_cases: identifiers.
        holdout_labels: int64 indices into ``classes``; the cut-off is found by them.
        prospective_cases: identifiers.
        simulated: whether the cases are no patients'.
    """

    problem: str
    classes: tuple[str, ...]
    target: str
    holdout_cases: tuple[str, ...]
    holdout_labels: NDArray[np.int64]
    prospective_cases: tuple[str, ...]
    simulated: bool

    @property
    def target_index(self) -> int:
        """Index of the target class."""
        return self.classes.index(self.target)

    def serialised(self) -> bytes:
        """Returns the roster as JSON, the same bytes for the same cases."""
        text = {**vars(self), "holdout_labels": self.holdout_labels.tolist()}
        return json.dumps(text, sort_keys=True, indent=1).encode() + b"\n"

    @classmethod
    def of(cls, serialised: bytes) -> Roster:
        """Returns the roster that was written by `serialised`.

        Raises:
            ValueError: the bytes are no such roster; the text says what is wrong.
        """
        text = json.loads(serialised)
        if not isinstance(text, dict) or set(text) != _FIELDS:
            raise ValueError("it lacks fields or has strange ones")
        lists = {name: _names(name, text[name]) for name in ("classes", "holdout_cases", "prospective_cases")}
        labels, classes = text["holdout_labels"], lists["classes"]
        if not isinstance(text["problem"], str) or not isinstance(text["simulated"], bool):
            raise ValueError("'problem' is no name or 'simulated' no truth value")
        if text["target"] not in classes:
            raise ValueError("its target is none of its classes")
        if not isinstance(labels, list) or len(labels) != len(lists["holdout_cases"]):
            raise ValueError("'holdout_labels' are not one for each hold-out case")
        # A truth value counts as a number in Python, and is no label.
        if any(type(label) is not int or not 0 <= label < len(classes) for label in labels):
            raise ValueError("'holdout_labels' hold what is the number of no class")
        return cls(
            problem=text["problem"],
            target=text["target"],
            simulated=text["simulated"],
            holdout_labels=np.array(labels, np.int64),
            **lists,
        )


def _names(field: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise ValueError(f"'{field}' are no names")
    if len(set(value)) != len(value):
        raise ValueError(f"'{field}' names one twice")
    return tuple(value)
