"""Classifiers that a command trains, in whatever way: what can be shown of them is, and what can't is not passed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.pytest_process import PytestProcess
from tests.validation.conftest import ROOT, Run

pytestmark = pytest.mark.slow

COMMANDS = ROOT / "docs" / "examples" / "commands"
PROTOCOL = """
[protocol]
title = "A command"
version = "1"
intended_use = "An example."

[problem]
train = "python {script} --seed {{seed}} --out {{out}}"
cases = "cases.csv"
target = "malignant"
reads = ["breast_cancer.py", "cases.csv"]
parameters = {parameters}
timeout = {timeout}

[devices]
surrogates = ["openblas:Prescott"]

[limits]
p = 0.97
"""


def _run(
    process: PytestProcess, place: Path, script: str, *options: str, parameters: bool = False, timeout: int = 300
) -> Run:
    for file in COMMANDS.iterdir():
        if file.is_file() and not (place / file.name).exists():
            shutil.copy(file, place)
    told = PROTOCOL.format(script=script, parameters=str(parameters).lower(), timeout=timeout)
    (place / "protocol.toml").write_text(told)
    code, output = process.run(place, [str(ROOT / "validation"), "--protocol=protocol.toml", *options])
    return Run(code, output, "")


def _cases(place: Path) -> dict[str, dict[str, Any]]:
    return {case["key"]: case for case in json.loads((place / "audit" / "evidence.json").read_text())["cases"]}


def test_a_convex_problem_repeats_to_machine_tolerance(process: PytestProcess, tmp_path: Path) -> None:
    """A logistic regression has one minimum, which every rebuild finds (paper, Section II)."""
    run = _run(process, tmp_path, "logistic_regression.py", parameters=True)
    assert run.code == 0, run.output
    assert run.verdict == "verdict: PASS: command: 14 of 14 checks passed; every gating requirement is met."
    sine = _cases(tmp_path)["LC-PQ-01[cpu+openblas:Prescott-k2]"]["measured"]
    assert 0 < sine < 1e-14


@pytest.mark.parametrize("script", ["random_forest.py", "gradient_boosting.py"])
def test_where_no_surrogate_changes_a_bit_nothing_is_shown(process: PytestProcess, tmp_path: Path, script: str) -> None:
    run = _run(process, tmp_path, script)
    assert run.code == 1, run.output
    assert run.verdict.startswith(
        "verdict: INCOMPLETE: command: 9 of 13 checks passed, 4 shown ineffective; 2 required"
    )
    cases = _cases(tmp_path)
    assert cases["LC-OQ-02[cpu-k2]"]["outcome"] == "met"
    assert cases["LC-PQ-03[cpu+openblas:Prescott-k2]"]["outcome"] == "ineffective"
    assert "LC-PQ-01[cpu+openblas:Prescott-k2]" not in cases


# A script in place of the example, and what stands in the failed checks' sentences.
_WRONG = {
    "raises": (
        "print('reading'); raise SystemExit('no such table')",
        "The command failed with exit status 1: correct it or what it reads; the end of its log: reading | no such "
        "table",
    ),
    "hangs": (
        "import time; print('epoch 1', flush=True); time.sleep(600)",
        "The command was still running after 8 seconds: give it more time, or make it end; the end of its log: epoch 1",
    ),
    "writes elsewhere": (
        "open('weights.bin', 'w').write('x'); print('done')",
        "The command wrote outside {out} ('weights.bin' was written in its working folder): let it write in {out} or "
        "in $TMPDIR; the end of its log: done",
    ),
    "is no probability": (
        "import csv, sys; cases = [row['case'] for row in csv.DictReader(open('cases.csv'))]\n"
        "out = csv.writer(open(sys.argv[4] + '/scores.csv', 'w')); out.writerow(['case', 'malignant', 'benign'])\n"
        "out.writerows([case, 0.5, 0.75] for case in cases)",
        "The scores of case '000' sum to 1.25: write scores that sum to 1, such as probabilities; its log is empty.",
    ),
    "leaves nothing": (
        "print('done')",
        "The command left neither scores.parquet nor scores.csv in {out}: write one of them there; the end of its log: "
        "done",
    ),
}


@pytest.mark.parametrize("how", _WRONG)
def test_a_command_to_blame_is_quoted(process: PytestProcess, tmp_path: Path, how: str) -> None:
    script, text = _WRONG[how]
    (tmp_path / "train.py").write_text(script + "\n")
    run = _run(process, tmp_path, "train.py", "-k", "cutoff", timeout=8)
    assert run.code == 1
    assert f"Build command on cpu, replicate 1: {text}" in run.output
    assert "Traceback" not in run.output


def test_a_minibatch_that_the_command_is_not_told(process: PytestProcess, tmp_path: Path) -> None:
    run = _run(process, tmp_path, "random_forest.py", "--k=1", "--k=2")
    assert (run.code, run.error) == (
        4,
        "k is 1, 2, but the command takes no {k}: give one k, or write {k} into train.",
    )


@pytest.mark.parametrize(
    ("option", "told"), [("--epochs=3", "epochs is 3"), ("--layer-norm-epsilon=0.1", "layer_norm_epsilon is 0.1")]
)
def test_a_recipe_that_the_command_does_not_know(
    process: PytestProcess, tmp_path: Path, option: str, told: str
) -> None:
    run = _run(process, tmp_path, "random_forest.py", option)
    assert (run.code, run.error) == (
        4,
        f"{told}, but a command says itself how it trains: leave it out, or write it into train.",
    )
