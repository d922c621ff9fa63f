"""The example commands: run as longcon runs them, on the data that they say, repeating themselves to the bit."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from longcon.builds.command_artefacts import read_parameters, read_scores
from longcon.builds.command_run import run_command
from longcon.devices import Device, parse_surrogate
from longcon.problems.command import Command

pytestmark = pytest.mark.slow

SITE = Path(__file__).parents[2] / "docs" / "examples" / "commands"
CLASSES = ("malignant", "benign")
EXAMPLES = {"logistic_regression": True, "random_forest": False, "gradient_boosting": False}
Read = tuple[NDArray[np.float64], dict[str, NDArray[np.float64]] | None]


def _listed() -> list[dict[str, str]]:
    with (SITE / "cases.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _run(name: str, work: Path, surrogate: str = "") -> Read:
    device = Device("cpu", parse_surrogate(surrogate) if surrogate else None)
    line = f"python {name}.py --seed {{seed}} --out {{out}}"
    command = Command(line, SITE, ("breast_cancer.py", "cases.csv"), 120.0, EXAMPLES[name])
    log = run_command(command, {"seed": "1"}, device.process_environment(), work, started=lambda _: None)
    assert log == ""
    cases = [row["case"] for row in _listed()]
    return read_scores(work / "out", cases, CLASSES), read_parameters(work / "out")


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Read]:
    """One run of each."""
    return {name: _run(name, tmp_path_factory.mktemp(name)) for name in EXAMPLES}


def test_the_list_of_cases_is_the_one_that_its_script_writes(tmp_path: Path) -> None:
    script = "import breast_cancer, pathlib, sys; breast_cancer.CASES = pathlib.Path(sys.argv[1], 'cases.csv'); "
    line = f'python -c "{script}breast_cancer.write_cases()" {{out}}'
    command = Command(line, SITE, ("breast_cancer.py",), 120.0, parameters=False)
    run_command(command, {}, Device("cpu").process_environment(), tmp_path, started=lambda _: None)
    assert (tmp_path / "out" / "cases.csv").read_bytes() == (SITE / "cases.csv").read_bytes()


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_classifies(first: dict[str, Read], name: str) -> None:
    scores, parameters = first[name]
    labels = [CLASSES.index(row["class"]) for row in _listed()]
    assert (scores.argmax(axis=1) == labels).mean() > 0.9
    assert (parameters is not None) is EXAMPLES[name]


def test_a_convex_problem_repeats_itself_and_feels_another_core_in_its_last_bits_alone(
    tmp_path: Path, first: dict[str, Read]
) -> None:
    name = "logistic_regression"
    scores, parameters = first[name]
    again, again_parameters = _run(name, tmp_path / "again")
    other, other_parameters = _run(name, tmp_path / "other", "openblas:Prescott")
    assert parameters
    assert again_parameters
    assert other_parameters
    assert again.tobytes() == scores.tobytes()
    assert all(again_parameters[key].tobytes() == value.tobytes() for key, value in parameters.items())
    assert np.abs(other - scores).max() < 1e-12
    assert all(np.allclose(other_parameters[key], value, rtol=1e-12, atol=0) for key, value in parameters.items())
