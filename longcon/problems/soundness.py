"""What must hold of a problem's data before anything is trained on them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from longcon.errors import CohortError, did_you_mean

if TYPE_CHECKING:
    from longcon.problems.problem import ProblemData

_LEAST_CASES = 2
# Patients may well agree in a few coarse measurements; in so many they are one patient.
_TELLING = 16


def require_sound(data: ProblemData) -> None:
    """Checks that data can be trained and judged on.

    Raises:
        CohortError: the first thing that stands against it, in one sentence.
    """
    for faults in (_of_texts, _of_classes, _of_shapes, _of_labels, _of_names, _of_presence, _of_values):
        fault = next(faults(data), None)
        if fault is not None:
            raise CohortError(fault)


def _splits(data: ProblemData) -> dict[str, tuple[NDArray[Any], tuple[str, ...], NDArray[Any] | None]]:
    return {
        "training split": (data.training, data.training_cases, data.training_labels),
        "hold-out": (data.holdout, data.holdout_cases, data.holdout_labels),
        "prospective set": (data.prospective, data.prospective_cases, None),
    }


def _of_texts(data: ProblemData) -> Iterator[str]:
    name = data.problem
    if not (isinstance(name, str) and name.strip() and name.isprintable()):
        yield f"The data's problem is {_short(name)}: give its name, of one line."
    try:
        json.dumps(data.facts, sort_keys=True, allow_nan=False)
    except (TypeError, ValueError) as error:
        yield f"The facts cannot be written as JSON ({error}): give texts, numbers, truth values, lists and dicts."


def _of_classes(data: ProblemData) -> Iterator[str]:
    classes = data.classes
    if not isinstance(classes, tuple) or not all(isinstance(name, str) and name.strip() for name in classes):
        yield f"The classes are {_short(classes)}: give a tuple of names, in the order of the scores."
        return
    if len(classes) < 2:
        yield f"The classes are {_short(classes)}, but a call is a choice: give at least 2."
    twice = next((name for name in classes if classes.count(name) > 1), None)
    if twice is not None:
        yield f"Class '{twice}' stands twice among the classes: give each class once."
    if data.target not in classes:
        hint = did_you_mean(str(data.target), classes)
        yield f"The target class '{data.target}' is none of the classes{hint}: give one of {', '.join(classes)}."


def _of_shapes(data: ProblemData) -> Iterator[str]:
    for split, (values, cases, _) in _splits(data).items():
        if not isinstance(values, np.ndarray) or isinstance(values, np.ma.MaskedArray):
            yield (
                f"The measurements of the {split} are of type {type(values).__name__}: "
                "give a plain array of cases x features."
            )
        elif values.ndim != 2:
            yield f"The measurements of the {split} are of shape {values.shape}: give an array of cases x features."
        elif values.dtype != np.float64:
            yield f"The measurements of the {split} are of type {values.dtype}: give float64."
        elif not isinstance(cases, tuple) or not all(isinstance(name, str) and name.strip() for name in cases):
            yield f"The cases of the {split} are not all named: give a tuple of identifiers."
        elif len(values) != len(cases):
            yield f"The {split} has {len(values)} rows of measurements for {len(cases)} cases: give one row a case."
        elif values.shape[1] != data.training.shape[1]:
            yield (
                f"The {split} has {values.shape[1]} measurements a case, but the training split "
                f"{data.training.shape[1]}: give the same ones, in one order."
            )
        elif len(cases) < _LEAST_CASES and not (split == "training split" and values.shape[1] == 0):
            yield f"The {split} has {len(cases)} case(s), too few to judge anything by: give at least {_LEAST_CASES}."


def _of_labels(data: ProblemData) -> Iterator[str]:
    for split, (_, cases, labels) in _splits(data).items():
        if labels is None:
            continue
        if not isinstance(labels, np.ndarray) or labels.dtype != np.int64 or labels.shape != (len(cases),):
            shown = (
                f"{labels.dtype} of shape {labels.shape}" if isinstance(labels, np.ndarray) else type(labels).__name__
            )
            yield f"The labels of the {split} are {shown}: give one int64 index into the classes for each case."
            continue
        strange = np.flatnonzero((labels < 0) | (labels >= len(data.classes)))
        if len(strange):
            yield (
                f"Case '{cases[strange[0]]}' of the {split} has label {labels[strange[0]]}, but there are "
                f"{len(data.classes)} classes: give an index from 0 to {len(data.classes) - 1}."
            )


def _of_names(data: ProblemData) -> Iterator[str]:
    for split, (_, cases, _) in _splits(data).items():
        if len(set(cases)) != len(cases):
            twice = next(name for name in cases if cases.count(name) > 1)
            yield f"Case '{twice}' stands twice in the {split}: give each case once."
    both = set(data.training_cases) & set(data.holdout_cases)
    if both:
        yield f"Case '{min(both)}' stands both in the training split and in the hold-out: give each case to one."
    seen = (set(data.training_cases) | set(data.holdout_cases)) & set(data.prospective_cases)
    if seen:
        yield (
            f"Case '{min(seen)}' stands both in the reference cohort and in the prospective set: "
            "leave it out of the prospective set."
        )


def _of_presence(data: ProblemData) -> Iterator[str]:
    for split, (values, _, labels) in _splits(data).items():
        # A command may keep its training cases to itself.
        if labels is None or (split == "training split" and values.shape[1] == 0):
            continue
        present = set(labels.tolist())
        for index, name in enumerate(data.classes):
            if index not in present:
                yield f"Class '{name}' has no case in the {split}: give cases of it or leave it out."


def _of_values(data: ProblemData) -> Iterator[str]:
    """A case under another name is still the same case: what a model learned it would only recall."""
    if data.training.shape[1] == 0:
        return
    seen: dict[bytes, tuple[str, str]] = {}
    for split, (values, cases, _) in _splits(data).items():
        strange = np.argwhere(~np.isfinite(values))
        if len(strange):
            row, column = strange[0]
            yield (
                f"Case '{cases[row]}' of the {split} has the measurement {values[row, column]} (number {column}): "
                "give finite numbers, and impute what is missing."
            )
        if values.shape[1] < _TELLING:
            continue
        # All of a row: those of sparse measurements begin alike.
        rows = (hashlib.blake2b(row, digest_size=16).digest() for row in np.ascontiguousarray(values))
        own = dict(zip(rows, cases, strict=True))
        for row, name in own.items():
            if row in seen:
                other, where = seen[row]
                yield (
                    f"Case '{name}' of the {split} has the measurements of case '{other}' of the {where}: "
                    "leave one of them out."
                )
        seen |= {row: (name, split) for row, name in own.items()}


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}..."
