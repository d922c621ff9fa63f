"""The document: every number is one that JSON has, and what was not tested is said."""

from __future__ import annotations

import math
from dataclasses import replace

from longcon.audit import faults_of
from longcon.builds import Campaign
from longcon.problems import ProblemData
from reports.record import document
from reports.record.document import finite
from tests.reports.runs import run_of, with_everything


def test_a_number_that_is_not_finite_is_null() -> None:
    assert finite({"a": [math.nan, math.inf, 1.5, (True, None)], 2: "x"}) == {
        "a": [None, None, 1.5, [True, None]],
        "2": "x",
    }


def test_both_ways_it_follows_its_schema(trained: Campaign, problem: ProblemData) -> None:
    for run in (run_of(trained, problem), with_everything(trained, problem)):
        assert faults_of(document(run, [], [])) == ()


def test_what_was_not_tested(trained: Campaign, problem: ProblemData) -> None:
    run = replace(run_of(trained, problem), unreadable=("Build x was altered.",), interrupted=True)
    told = [entry["what"] for entry in document(run, [], [])["not_tested"]]
    assert told[:5] == [
        "The rest of this run.",
        "The builds as they are now.",
        "Patients' samples.",
        "A second real device.",
        "A graphics processor.",
    ]
    assert f"Training beyond epoch {run.released_epoch(2)} at k = 2." in told


def test_discordant_cases_whose_builds_are_gone_are_not_kept_silent(trained: Campaign, problem: ProblemData) -> None:
    run = with_everything(trained, problem)
    evidence = document(replace(run, builds=run.builds[:1]), [], [])
    assert (evidence["discordant"], evidence["unlisted"]) == ([], ["LC-PQ-03[cpu+order:1-k2]", "LC-PQ-04[k2]"])
