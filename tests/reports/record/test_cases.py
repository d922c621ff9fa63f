"""What became of a case, in words; and what is said of a requirement that decides nothing."""

from __future__ import annotations

import pytest

from longcon.builds import Campaign
from longcon.problems import ProblemData
from reports.record.cases import outcome_of, requirements_of
from reports.verdict import Result
from tests.reports.runs import run_of
from tests.reports.test_verdict import (
    ADVISORY,
    EXPECTED,
    FAILED,
    INEFFECTIVE,
    PARTED,
    PASSED,
    SKIPPED,
    UNASSERTED,
    WITHOUT_EVIDENCE,
    XFAILED,
)

ERROR = Result("failed", "a state is missing")
OUTCOMES = [
    (EXPECTED[0], PASSED, "met"),
    (EXPECTED[0], None, "not run"),
    (EXPECTED[0], FAILED, "not met"),
    (EXPECTED[0], UNASSERTED, "not met"),
    (EXPECTED[0], PARTED, "not met"),
    (EXPECTED[0], ERROR, "test failed"),
    (EXPECTED[0], SKIPPED, "not decided"),
    (EXPECTED[0], WITHOUT_EVIDENCE, "not decided"),
    (EXPECTED[0], INEFFECTIVE, "ineffective"),
    (ADVISORY, XFAILED, "advisory, not met"),
    (ADVISORY, ERROR, "test failed"),
]


@pytest.mark.parametrize(
    ("case", "result", "word"), OUTCOMES, ids=[f"{n} {entry[2]}" for n, entry in enumerate(OUTCOMES)]
)
def test_the_outcome_of_a_case(case: object, result: Result | None, word: str) -> None:
    assert outcome_of(case, result) == word  # type: ignore[arg-type]


def test_a_requirement_that_applies_to_nothing_says_why(trained: Campaign, problem: ProblemData) -> None:
    told = {entry["id"]: entry["why_not"] for entry in requirements_of(run_of(trained, problem)) if not entry["cases"]}
    assert told == {
        "LC-IQ-06": "it holds the data against a digest of the protocol, and none was given",
        "LC-OQ-03": "it applies to portable arithmetic, and this run has native arithmetic",
        "LC-PQ-02": "it applies to k of at most 1, and this run has k = 2",
        "LC-PQ-07": "it needs the curvature of the loss, which this run did not record",
        "LC-PQ-08": "it needs the curvature of the loss, which this run did not record",
    }
