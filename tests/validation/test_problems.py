"""Classifiers that longcon's authors never saw: validated from a file, or refused in one sentence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from longcon.__main__ import main
from tests.pytest_process import PytestProcess
from tests.validation.conftest import ROOT, Run

pytestmark = pytest.mark.slow

EXAMPLES = ROOT / "docs" / "examples"


def _run(process: PytestProcess, place: Path, *options: str) -> Run:
    code, output = process.run(place, [str(ROOT / "validation"), *options])
    return Run(code, output, "")


def _evidence(place: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((place / "audit" / "evidence.json").read_text())
    return found


def test_a_fully_connected_network_on_another_laboratorys_data(process: PytestProcess, tmp_path: Path) -> None:
    problem = f"--problem={EXAMPLES}/breast_cancer.py:BreastCancer"
    run = _run(process, tmp_path, problem, "--epochs=4", "--surrogate=order:1")
    assert run.code == 0, run.output
    assert run.verdict.startswith("verdict: PASS: k = 2: 22 of 22 checks passed"), run.verdict
    found = _evidence(tmp_path)["problem"]
    assert (found["name"], found["target"], found["features"]) == (
        "breast cancer, scikit-learn's data",
        "malignant",
        30,
    )
    assert found["method"]["optimiser"].startswith("Adamax")
    assert not found["simulated"]
    assert [recipe["widths"] for recipe in _evidence(tmp_path)["settings"]["recipes"]] == [[16]]


def test_a_convolutional_network_with_dropout(process: PytestProcess, tmp_path: Path) -> None:
    """No order surrogate applies by default, and the report says why; replicates and resumption agree in every bit."""
    run = _run(process, tmp_path, f"--problem={EXAMPLES}/convolution.py:Traces", "--epochs=4")
    assert run.code == 0, run.output
    assert run.verdict.startswith("verdict: PASS: k = 2: 32 of 32 checks passed"), run.verdict
    evidence = _evidence(tmp_path)
    assert [device["name"] for device in evidence["devices"]] == ["cpu", "cpu+isa:default", "cpu+mkl:COMPATIBLE"]
    assert {
        "what": "Other orders of summation.",
        "why": "Order surrogates permute the features and units of a chain of fully connected layers, but the model "
        "does not begin with a Linear layer.",
    } in evidence["not_tested"]


def test_an_order_asked_of_a_convolution_is_refused(process: PytestProcess, tmp_path: Path) -> None:
    run = _run(process, tmp_path, f"--problem={EXAMPLES}/convolution.py:Traces", "--surrogate=order:1")
    assert (run.code, run.error) == (
        4,
        "Surrogate 'order:1' permutes the features and units of a chain of fully connected layers, but the model does "
        "not begin with a Linear layer: leave it out.",
    )


def test_the_template_runs_as_it_is_written(process: PytestProcess, tmp_path: Path) -> None:
    assert main(["problem", "init", f"--out={tmp_path}"]) == 0
    run = _run(process, tmp_path, "--problem=problem.py:MyClassifier", "--epochs=4", "--surrogate=isa:default")
    assert run.code == 0, run.output
    assert "longcon problem: my classifier; target malignant" in run.output
    assert "longcon data: 213 training, 72 hold-out, 284 prospective cases, 30 features" in run.output


def test_a_build_of_former_code_is_not_used_again(process: PytestProcess, tmp_path: Path) -> None:
    """The file's own bytes are part of what a build belongs to."""
    main(["problem", "init", f"--out={tmp_path}"])
    options = ("--problem=problem.py:MyClassifier", "--epochs=2", "--surrogate=isa:default", "-k", "initial_states")
    _run(process, tmp_path, *options)
    former = _trained(tmp_path)
    _run(process, tmp_path, *options)
    # Builds that other tests would need may have been begun beside those that this one asks for.
    assert former.items() <= _trained(tmp_path).items()
    problem = tmp_path / "problem.py"
    problem.write_text(problem.read_text().replace("nn.ReLU()", "nn.Tanh()"))
    _run(process, tmp_path, *options)
    first = {("cpu", 1), ("cpu+isa:default", 1)}
    assert first <= set(former.values())
    assert first <= {of for key, of in _trained(tmp_path).items() if key not in former}


def _trained(place: Path) -> dict[str, tuple[str, int]]:
    """Returns device and replicate of every build of the store."""
    found = {}
    for folder in (place / ".longcon" / "builds").iterdir():
        request = json.loads((folder / "manifest.json").read_text())["request"]
        found[folder.name] = request["device"], request["replicate"]
    return found


# What a file holds in place of the template, and the sentence that follows; {file} stands for where it is.
_WRONG = [
    ("nn.LayerNorm(16, eps=recipe.layer_norm_epsilon)", "nn.LayerNrom(16)",
     "model() of problem my classifier raised AttributeError at problem.py, line {line}: module 'torch.nn' has no "
     "attribute 'LayerNrom': correct it."),
    ("nn.Linear(16, classes)", "nn.Linear(16, 5)",
     "The model of problem my classifier returned shape (2, 5) for 2 cases and 2 classes: return 2 x 2, one logit for "
     "each class."),
    ('target = "malignant"', 'target = "malignent"',
     "The target class 'malignent' is none of the classes - did you mean 'malignant'?: give one of benign, malignant."),
    ('label="diagnosis"', 'label="diagnosys"',
     "reference.csv has no column 'diagnosys' - did you mean 'diagnosis'?"),
    ("return reference, prospective", "return reference, reference",
     "Case 'case 000' stands both in the reference cohort and in the prospective set: leave it out of the prospective "
     "set."),
    ("class MyClassifier", "class Mine",
     "{file} has no 'MyClassifier': give one of Mine."),
]  # fmt: skip


@pytest.mark.parametrize(("written", "instead", "text"), _WRONG, ids=[instead for _, instead, _ in _WRONG])
def test_what_is_wrong_with_a_problem_is_one_sentence(
    process: PytestProcess, tmp_path: Path, written: str, instead: str, text: str
) -> None:
    main(["problem", "init", f"--out={tmp_path}"])
    problem = tmp_path / "problem.py"
    assert written in problem.read_text()
    problem.write_text(problem.read_text().replace(written, instead))
    line = next(number for number, told in enumerate(problem.read_text().splitlines(), 1) if instead in told)
    run = _run(process, tmp_path, "--problem=problem.py:MyClassifier")
    assert (run.code, run.error) == (4, text.format(file=problem, line=line))
    assert "Traceback" not in run.output
    assert not list((tmp_path / ".longcon" / "builds").iterdir())


def test_an_option_that_the_problem_does_not_take(process: PytestProcess, tmp_path: Path) -> None:
    run = _run(process, tmp_path, f"--problem={EXAMPLES}/breast_cancer.py:BreastCancer", "--features=7")
    assert (run.code, run.error) == (
        4,
        "--features is 7, but problem breast cancer, scikit-learn's data takes no 'features': leave it out, or give "
        "its maker a parameter of that name.",
    )
