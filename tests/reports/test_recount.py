"""The verdict counted again from the evidence is the verdict, whatever the cases were."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from longcon.audit.recount import contradictions, recount
from longcon.builds import Campaign
from longcon.problems import ProblemData
from reports.gate import Decision
from reports.record import Run, document
from reports.record.cases import cases_of
from reports.verdict import Result, verdict
from tests.reports.runs import run_of
from tests.reports.test_verdict import ADVISORY, EXPECTED, RUNS, XFAILED


@pytest.fixture(scope="session")
def plain(trained: Campaign, problem: ProblemData) -> Run:
    return run_of(trained, problem)


@pytest.mark.parametrize("outcomes", [run[1] for run in RUNS], ids=[run[0] for run in RUNS])
@pytest.mark.parametrize("strange", [(), ("broken.py: could not be collected",)], ids=["plain", "broken"])
@pytest.mark.parametrize("advisory", [None, XFAILED], ids=["alone", "advisory"])
def test_the_recount_is_the_verdict(
    plain: Run, outcomes: tuple[Result | None, ...], strange: tuple[str, ...], advisory: Result | None
) -> None:
    expected = [*EXPECTED, ADVISORY]
    given = zip(expected, (*outcomes, advisory), strict=True)
    results = {case.key: result for case, result in given if result is not None}
    told = verdict(expected, results, strange)
    run = replace(plain, expected=expected, results=results)
    counted = recount(cases_of(run), len(strange))
    assert counted.word == told.word
    assert told.sentence.startswith(f"{told.word}: k = 1, 2: {counted.met} of {counted.cases} checks passed")


@pytest.mark.parametrize("asked", [True, False])
@pytest.mark.parametrize("objections", [(), ("the checkout is not clean",)])
def test_every_decision_agrees_with_what_it_says(plain: Run, asked: bool, objections: tuple[str, ...]) -> None:
    run = replace(plain, decision=Decision(asked, plain.decision.verdict, objections))
    evidence: dict[str, Any] = document(run, [], [])
    assert list(contradictions(evidence)) == []
    assert evidence["decision"]["word"] == run.decision.word
