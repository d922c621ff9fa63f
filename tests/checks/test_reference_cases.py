"""Reference cases: the measures pass them, and a measure that errs or raises does not."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from longcon.checks import measures_correct
from longcon.checks.reference_cases import REFERENCE_CASES, ReferenceCase

CASE = ReferenceCase("half", lambda: 0.5, 0.5, 0.0, "definition")


def _raise() -> float:
    raise ZeroDivisionError("none")


def test_every_measure_is_right() -> None:
    outcome = measures_correct()
    assert outcome.ok
    assert outcome.message == (
        f"measures on reference cases: {len(REFERENCE_CASES)} of {len(REFERENCE_CASES)} give the known result."
    )


@pytest.mark.parametrize("case", REFERENCE_CASES, ids=lambda case: case.name)
def test_no_reference_case_would_pass_another_result(case: ReferenceCase) -> None:
    assert case.fault is None
    assert replace(case, known=case.known + 1e-9).fault is not None


@pytest.mark.parametrize(
    ("case", "fault"),
    [
        (replace(CASE, measure=lambda: 0.25), "half is 0.25, not 0.5 (definition)"),
        (replace(CASE, measure=lambda: math.nan), "half is nan, not 0.5 (definition)"),
        (replace(CASE, measure=_raise), "half ended in ZeroDivisionError (none)"),
    ],
)
def test_a_measure_that_errs_is_named(case: ReferenceCase, fault: str) -> None:
    outcome = measures_correct([CASE, case])
    assert (outcome.ok, outcome.measured) == (False, 1)
    assert outcome.message == (
        f"measures on reference cases: 1 of 2 give the known result; {fault}. Likely cause: another version of numpy, "
        "scipy or longcon than was tested."
    )


def test_no_reference_case_is_no_pass() -> None:
    assert not measures_correct([]).ok
