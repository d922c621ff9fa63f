"""A problem's data: what cannot be trained on is refused, and nothing is lost on the way to a training process."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from longcon.errors import CohortError
from longcon.problems import ProblemData, digest_of, load_data


def test_a_case_in_both_splits_is_refused(problem: ProblemData) -> None:
    with pytest.raises(CohortError) as error:
        replace(problem, holdout_cases=("t3", *problem.holdout_cases[1:]))
    assert str(error.value) == (
        "Case 't3' stands both in the training split and in the hold-out: give each case to one."
    )


def test_a_prospective_case_that_was_seen_before_is_refused(problem: ProblemData) -> None:
    with pytest.raises(CohortError) as error:
        replace(problem, prospective_cases=("h2", *problem.prospective_cases[1:]))
    assert str(error.value) == (
        "Case 'h2' stands both in the reference cohort and in the prospective set: leave it out of the prospective set."
    )


@pytest.mark.parametrize(("field", "split"), [("training_labels", "training split"), ("holdout_labels", "hold-out")])
def test_a_class_missing_from_a_split_is_refused(problem: ProblemData, field: str, split: str) -> None:
    labels = getattr(problem, field).copy()
    labels[labels == 3] = 0
    with pytest.raises(CohortError) as error:
        replace(problem, **{field: labels})
    assert str(error.value) == f"Class 'd' has no case in the {split}: give cases of it or leave it out."


def test_a_case_that_stands_twice_is_refused(problem: ProblemData) -> None:
    with pytest.raises(CohortError) as error:
        replace(problem, holdout_cases=("h1", *problem.holdout_cases[1:]))
    assert str(error.value) == "Case 'h1' stands twice in the hold-out: give each case once."


def test_a_case_under_another_name_is_refused(problem: ProblemData) -> None:
    values = problem.prospective.copy()
    values[4] = problem.training[9]
    with pytest.raises(CohortError) as error:
        replace(problem, prospective=values)
    assert str(error.value) == (
        "Case 'p4' of the prospective set has the measurements of case 't9' of the training split: "
        "leave one of them out."
    )


def test_data_survives_the_file_bit_for_bit(problem: ProblemData, tmp_path: Path) -> None:
    content = problem.serialised()
    path = tmp_path / "data.safetensors"
    path.write_bytes(content)
    read = load_data(path)
    for field in fields(ProblemData):
        before, after = getattr(problem, field.name), getattr(read, field.name)
        same = before.tobytes() == after.tobytes() if isinstance(before, np.ndarray) else before == after
        assert same, field.name
    assert digest_of(read.serialised()) == digest_of(content)


@pytest.mark.parametrize("content", [b"", b"\x00" * 100, b"\xff" * 8 + b"{}", b"\x02\x00\x00\x00\x00\x00\x00\x00{}"])
def test_a_file_that_holds_something_else(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "data.safetensors"
    path.write_bytes(content)
    with pytest.raises(CohortError, match=r"does not hold a problem's data .*: delete it and run again\.$"):
        load_data(path)
