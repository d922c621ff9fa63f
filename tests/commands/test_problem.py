"""`longcon problem init`: what it writes, and what it refuses to write over."""

from __future__ import annotations

from pathlib import Path

import pytest

import longcon.problems.template
from longcon.__main__ import main
from longcon.problems import ProblemSource, data_of, read_table, tried
from longcon.training import Recipe


def test_it_writes_a_problem_that_can_be_tried(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["problem", "init", f"--out={tmp_path}"]) == 0
    names = ("problem.py", "reference.csv", "prospective.csv")
    assert capsys.readouterr().out == "".join(f"{tmp_path / name}\n" for name in names)
    assert (tmp_path / "problem.py").read_text() == Path(str(longcon.problems.template.__file__)).read_text()
    loaded = ProblemSource(f"{tmp_path / 'problem.py'}:MyClassifier", {}).load()
    data = data_of(loaded.problem, lambda *_: None)
    assert (len(data.training), len(data.holdout), len(data.prospective), data.features) == (213, 72, 284, 30)
    assert tried(loaded.problem, data, Recipe(k=2)).widths == (16,)


def test_the_tables_share_no_case(tmp_path: Path) -> None:
    main(["problem", "init", f"--out={tmp_path}"])
    reference, prospective = (
        read_table(tmp_path / name, case="case", label="diagnosis") for name in ("reference.csv", "prospective.csv")
    )
    assert set(reference.cases).isdisjoint(prospective.cases)
    assert set(reference.labels or ()) == set(prospective.labels or ()) == {"benign", "malignant"}


MISTAKES = [
    ([], "No action was given: give python -m longcon problem init."),
    (["int"], "Action 'int' is unknown - did you mean 'init'?: give python -m longcon problem init."),
    (["init", "--uot=x"], "Option '--uot' is unknown - did you mean '--out'?: python -m longcon problem --help lists "
     "them."),
    (["init", "--out="], "--out is empty, as an unset variable leaves it: give a folder or leave it out."),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "text"), MISTAKES, ids=[" ".join(arguments) for arguments, _ in MISTAKES])
def test_a_mistake_is_one_sentence(arguments: list[str], text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["problem", *arguments]) == 4
    assert capsys.readouterr().err == f"ERROR: {text}\n"


@pytest.mark.parametrize("name", ["problem.py", "reference.csv", "prospective.csv"])
def test_nothing_is_written_over(tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    (tmp_path / name).write_text("mine")
    assert main(["problem", "init", f"--out={tmp_path}"]) == 4
    assert capsys.readouterr().err == (
        f"ERROR: {tmp_path / name} is there already, and nothing is overwritten: give another --out.\n"
    )
    assert [path.name for path in tmp_path.iterdir()] == [name]
