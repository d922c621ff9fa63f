"""No check without a requirement, no requirement without a check."""

from __future__ import annotations

import ast
from pathlib import Path

from longcon.requirements import CATALOGUE, fault_of_test, faults_of_coverage

VALIDATION = Path(__file__).parents[2] / "validation"
ENTRY = CATALOGUE[0]


def test_a_test_of_the_catalogue_has_no_fault() -> None:
    assert fault_of_test("test_x", ENTRY.id, [ENTRY]) is None


def test_a_test_without_a_requirement() -> None:
    assert fault_of_test("validation/iq/test_a.py::test_x", None, [ENTRY]) == (
        "validation/iq/test_a.py::test_x decides no requirement, so nothing would come of it: mark it with "
        '@pytest.mark.requirement("ID"), one of LC-IQ-01.'
    )


def test_a_test_of_an_unknown_requirement() -> None:
    assert fault_of_test("test_x", "LC-IQ-0l", [ENTRY]) == (
        "test_x decides 'LC-IQ-0l', which is not in the catalogue - did you mean 'LC-IQ-01'?: give one of LC-IQ-01."
    )
    assert fault_of_test("test_x", 7, [ENTRY]) == (
        "test_x decides '7', which is not in the catalogue: give one of LC-IQ-01."
    )


def test_a_requirement_without_a_test() -> None:
    assert faults_of_coverage([CATALOGUE[1].id], CATALOGUE[:2]) == (
        "LC-IQ-01 of the catalogue is decided by no test: "
        'mark one in validation/ with @pytest.mark.requirement("LC-IQ-01").',
    )
    assert faults_of_coverage([entry.id for entry in CATALOGUE], CATALOGUE) == ()


def test_the_validation_and_the_catalogue_agree() -> None:
    marks = [
        decorator.args[0].value
        for path in VALIDATION.rglob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
        for decorator in node.decorator_list
        if isinstance(decorator, ast.Call) and isinstance(decorator.args[0], ast.Constant)
    ]
    assert sorted(map(str, marks)) == sorted(entry.id for entry in CATALOGUE)
