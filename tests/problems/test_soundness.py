"""Soundness: each way to spoil a problem's data, with the sentence that it ends in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from longcon.errors import CohortError
from longcon.problems import ProblemData, load_data

Spoil = Callable[[ProblemData], dict[str, Any]]


def _labels(data: ProblemData, field: str, case: int, label: int) -> dict[str, Any]:
    labels = getattr(data, field).copy()
    labels[case] = label
    return {field: labels}


def _without(data: ProblemData, field: str, label: int) -> dict[str, Any]:
    labels = getattr(data, field)
    return {field: np.where(labels == label, 0, labels)}


def _value(data: ProblemData, field: str, case: int, column: int, value: float) -> dict[str, Any]:
    values = getattr(data, field).copy()
    values[case, column] = value
    return {field: values}


def _one_case(data: ProblemData) -> dict[str, Any]:
    return {"prospective": data.prospective[:1], "prospective_cases": ("p0",)}


def _masked(data: ProblemData) -> dict[str, Any]:
    return {"prospective": np.ma.masked_less(data.prospective, 0)}


REFUSED: dict[str, tuple[Spoil, str]] = {
    "no name": (lambda _: {"problem": " "}, "The data's problem is ' ': give its name, of one line."),
    "a name of two lines": (
        lambda _: {"problem": "a\nb"},
        r"The data's problem is 'a\nb': give its name, of one line.",
    ),
    "facts of numpy": (
        lambda _: {"facts": {"cases": np.int64(3)}},
        "The facts cannot be written as JSON (Object of type int64 is not JSON serializable): "
        "give texts, numbers, truth values, lists and dicts.",
    ),
    "facts that are not finite": (
        lambda _: {"facts": {"age": float("nan")}},
        "The facts cannot be written as JSON (Out of range float values are not JSON compliant): "
        "give texts, numbers, truth values, lists and dicts.",
    ),
    "a list of classes": (
        lambda _: {"classes": ["a", "b", "c", "d"]},
        "The classes are ['a', 'b', 'c', 'd']: give a tuple of names, in the order of the scores.",
    ),
    "classes by number": (
        lambda _: {"classes": tuple(range(1000, 1100))},
        "The classes are (1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 1008, 1009,...: "
        "give a tuple of names, in the order of the scores.",
    ),
    "an unnamed class": (
        lambda _: {"classes": ("a", "b", "c", "")},
        "The classes are ('a', 'b', 'c', ''): give a tuple of names, in the order of the scores.",
    ),
    "one class": (
        lambda _: {"classes": ("c",)},
        "The classes are ('c',), but a call is a choice: give at least 2.",
    ),
    "no class": (lambda _: {"classes": ()}, "The classes are (), but a call is a choice: give at least 2."),
    "a class twice": (
        lambda _: {"classes": ("a", "b", "c", "b")},
        "Class 'b' stands twice among the classes: give each class once.",
    ),
    "an absent target": (
        lambda _: {"classes": ("glioma", "control"), "target": "gliomas"},
        "The target class 'gliomas' is none of the classes - did you mean 'glioma'?: give one of glioma, control.",
    ),
    "a target by number": (
        lambda _: {"target": 2},
        "The target class '2' is none of the classes: give one of a, b, c, d.",
    ),
    "a list of measurements": (
        lambda data: {"training": data.training.tolist()},
        "The measurements of the training split are of type list: give a plain array of cases x features.",
    ),
    "masked measurements": (
        _masked,
        "The measurements of the prospective set are of type MaskedArray: give a plain array of cases x features.",
    ),
    "one measurement a case": (
        lambda data: {"holdout": data.holdout[:, 0]},
        "The measurements of the hold-out are of shape (12,): give an array of cases x features.",
    ),
    "float32": (
        lambda data: {"holdout": data.holdout.astype(np.float32)},
        "The measurements of the hold-out are of type float32: give float64.",
    ),
    "another byte order": (
        lambda data: {"training": data.training.astype(">f8")},
        "The measurements of the training split are of type >f8: give float64.",
    ),
    "rows that are missing": (
        lambda data: {"prospective": data.prospective[:7]},
        "The prospective set has 7 rows of measurements for 12 cases: give one row a case.",
    ),
    "other measurements": (
        lambda data: {"prospective": data.prospective[:, :59]},
        "The prospective set has 59 measurements a case, but the training split 60: give the same ones, in one order.",
    ),
    "a list of cases": (
        lambda data: {"holdout_cases": list(data.holdout_cases)},
        "The cases of the hold-out are not all named: give a tuple of identifiers.",
    ),
    "no cases": (
        lambda _: {"training_cases": None},
        "The cases of the training split are not all named: give a tuple of identifiers.",
    ),
    "an empty identifier": (
        lambda data: {"prospective_cases": (*data.prospective_cases[:-1], " ")},
        "The cases of the prospective set are not all named: give a tuple of identifiers.",
    ),
    "one case": (
        _one_case,
        "The prospective set has 1 case(s), too few to judge anything by: give at least 2.",
    ),
    "labels by name": (
        lambda data: {"training_labels": [data.classes[label] for label in data.training_labels]},
        "The labels of the training split are list: give one int64 index into the classes for each case.",
    ),
    "int32 labels": (
        lambda data: {"holdout_labels": data.holdout_labels.astype(np.int32)},
        "The labels of the hold-out are int32 of shape (12,): give one int64 index into the classes for each case.",
    ),
    "labels that are missing": (
        lambda data: {"training_labels": data.training_labels[:-1]},
        "The labels of the training split are int64 of shape (36,): "
        "give one int64 index into the classes for each case.",
    ),
    "a label above the classes": (
        lambda data: _labels(data, "holdout_labels", 3, 4),
        "Case 'h3' of the hold-out has label 4, but there are 4 classes: give an index from 0 to 3.",
    ),
    "a negative label": (
        lambda data: _labels(data, "training_labels", 5, -1),
        "Case 't5' of the training split has label -1, but there are 4 classes: give an index from 0 to 3.",
    ),
    "a case twice": (
        lambda data: {"prospective_cases": ("p7", *data.prospective_cases[1:])},
        "Case 'p7' stands twice in the prospective set: give each case once.",
    ),
    "a case trained and held out": (
        lambda data: {"holdout_cases": ("t30", "t4", *data.holdout_cases[2:])},
        "Case 't30' stands both in the training split and in the hold-out: give each case to one.",
    ),
    "a prospective case that was trained on": (
        lambda data: {"prospective_cases": ("t1", *data.prospective_cases[1:])},
        "Case 't1' stands both in the reference cohort and in the prospective set: "
        "leave it out of the prospective set.",
    ),
    "a class without training": (
        lambda data: _without(data, "training_labels", 1),
        "Class 'b' has no case in the training split: give cases of it or leave it out.",
    ),
    "a class that is not held out": (
        lambda data: _without(data, "holdout_labels", 3),
        "Class 'd' has no case in the hold-out: give cases of it or leave it out.",
    ),
    "a missing measurement": (
        lambda data: _value(data, "prospective", 2, 59, np.nan),
        "Case 'p2' of the prospective set has the measurement nan (number 59): "
        "give finite numbers, and impute what is missing.",
    ),
    "an infinite measurement": (
        lambda data: _value(data, "training", 36, 0, -np.inf),
        "Case 't36' of the training split has the measurement -inf (number 0): "
        "give finite numbers, and impute what is missing.",
    ),
    "a training case held out under another name": (
        lambda data: {"holdout": np.vstack([data.holdout[:11], data.training[2]])},
        "Case 'h11' of the hold-out has the measurements of case 't2' of the training split: leave one of them out.",
    ),
    "a held-out case under another name": (
        lambda data: {"prospective": np.vstack([data.holdout[8], data.prospective[1:]])},
        "Case 'p0' of the prospective set has the measurements of case 'h8' of the hold-out: leave one of them out.",
    ),
}


@pytest.mark.parametrize(("spoil", "text"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_refused(problem: ProblemData, spoil: Spoil, text: str) -> None:
    with pytest.raises(CohortError) as error:
        replace(problem, **spoil(problem))
    assert str(error.value) == text


def test_measurements_may_lie_in_memory_as_they_like(problem: ProblemData) -> None:
    other = replace(problem, training=np.asfortranarray(problem.training), holdout=problem.holdout[::-1][::-1])
    assert other.serialised() == problem.serialised()


def test_cases_that_only_begin_alike_are_others(problem: ProblemData) -> None:
    """As sparse measurements do, such as counts of many genes."""
    padded: dict[str, Any] = {
        name: np.hstack([np.zeros((len(values), 300)), values])
        for name, values in (("training", problem.training), ("holdout", problem.holdout))
    }
    prospective = np.hstack([np.zeros((12, 300)), problem.prospective])
    assert replace(problem, prospective=prospective, **padded).features == 360


@pytest.mark.parametrize("training", [37, 1, 0])
def test_a_command_keeps_its_measurements_to_itself(problem: ProblemData, training: int) -> None:
    """And its training cases too, if it likes: then no class need be among them."""
    told = replace(
        problem,
        training=np.empty((training, 0)),
        training_labels=problem.training_labels[:training],
        training_cases=problem.training_cases[:training],
        holdout=np.empty((12, 0)),
        prospective=np.empty((12, 0)),
    )
    assert (told.features, len(told.training_cases)) == (0, training)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=4,
)


@settings(max_examples=25)
@given(st.dictionaries(st.text(max_size=3), JSON, max_size=3))
def test_any_plain_facts_are_kept(
    tmp_path_factory: pytest.TempPathFactory, problem: ProblemData, facts: dict[str, Any]
) -> None:
    path = tmp_path_factory.mktemp("facts") / "data.safetensors"
    path.write_bytes(replace(problem, facts=facts).serialised())
    assert load_data(path).facts == facts
