"""A command's problem: the cases and classes that longcon knows of it, and what tells it from another command."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from longcon.errors import CohortError, ProblemError
from longcon.problems import Command, CommandProblem

CASES = "case,split,class\n1,holdout,b\n2,holdout,a\n3,holdout,a\n4,prospective,\n5,prospective,b\n"


@pytest.fixture
def problem(tmp_path: Path) -> CommandProblem:
    (tmp_path / "cases.csv").write_text(CASES)
    (tmp_path / "train.py").write_text("print(1)")
    command = Command("python train.py --out {out}", tmp_path, ("cases.csv",), 10.0, False)
    return CommandProblem(command, tmp_path / "cases.csv", "b")


def test_it_has_cases_and_labels_and_no_measurements(problem: CommandProblem) -> None:
    data = problem.data(lambda *_: None)
    assert (data.classes, data.target, data.features) == (("a", "b"), "b", 0)
    assert (data.holdout_cases, data.holdout_labels.tolist()) == (("1", "2", "3"), [1, 0, 0])
    assert (data.prospective_cases, data.training_cases) == (("4", "5"), ())
    assert data.problem == problem.name == "command python train.py --out {out}"


@pytest.mark.parametrize(
    ("row", "text"),
    [
        ("5,holdout,a", "Case '5' stands both in the reference cohort and in the prospective set: leave it out of the "
         "prospective set."),
        ("1,holdout,a", "Case '1' stands twice in the hold-out: give each case once."),
        ("1,training,a", "Case '1' stands both in the training split and in the hold-out: give each case to one."),
        ("6,prospective,c", "Class 'c' has no case in the hold-out: give cases of it or leave it out."),
    ],
)  # fmt: skip
def test_cases_that_cannot_be_judged_by(problem: CommandProblem, row: str, text: str) -> None:
    problem.cases.write_text(f"{CASES}{row}\n")
    with pytest.raises(CohortError) as error:
        problem.data(lambda *_: None)
    assert str(error.value) == text


def test_a_target_that_is_no_class(problem: CommandProblem) -> None:
    with pytest.raises(CohortError) as error:
        replace(problem, target="B").data(lambda *_: None)
    assert str(error.value) == "The target class 'B' is none of the classes: give one of a, b."


def test_a_class_that_would_be_the_column_of_the_cases(problem: CommandProblem) -> None:
    problem.cases.write_text(f"{CASES}6,holdout,case\n")
    with pytest.raises(ProblemError) as error:
        problem.data(lambda *_: None)
    assert str(error.value) == (f"{problem.cases} has a class 'case', as the column of the cases is called: rename it.")


def test_what_tells_it_from_another(problem: CommandProblem) -> None:
    before = problem.identity
    assert before == problem.identity
    (problem.cases.parent / "train.py").write_text("print(2)")
    assert problem.identity["source"] != before["source"]
    (problem.cases.parent / "train.py").write_text("print(1)")
    assert problem.identity == before
    problem.cases.write_text(f"{CASES}6,holdout,a\n")
    assert problem.identity["source"] != before["source"]
