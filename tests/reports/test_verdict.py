"""The verdict: a table of runs, none of which passes without evidence."""

from __future__ import annotations

from typing import Any

import pytest

from fixtures.cases import Case
from longcon.devices import Device, Surrogate
from longcon.requirements import CATALOGUE
from reports.verdict import Result, verdict

ORDER, ISA = Device("cpu", Surrogate("order", "1")), Device("cpu", Surrogate("isa", "avx2"))
REQUIREMENTS = {entry.id: entry for entry in CATALOGUE}
SINE, CALLS = REQUIREMENTS["LC-PQ-01"], REQUIREMENTS["LC-PQ-03"]
EXPECTED = [Case(requirement, 2, device) for requirement in (SINE, CALLS) for device in (ORDER, ISA)]
ADVISORY = Case(REQUIREMENTS["LC-PQ-02"], 1, ORDER)

PASSED = Result("passed", "fine", {"evidence": True, "ok": True})
FAILED = Result("failed", "too far", {"evidence": True, "ok": False})
SKIPPED = Result("skipped", "not today")
INEFFECTIVE = Result("skipped", "ineffective: nothing changed", {"evidence": False, "ok": True})
WITHOUT_EVIDENCE = Result("passed", "fine")
UNASSERTED = Result("passed", "17 discordant", {"evidence": True, "ok": False})
PARTED = Result("skipped", "17 discordant", {"evidence": False, "ok": False})


def _results(*outcomes: Result | None) -> dict[str, Result]:
    return {case.key: result for case, result in zip(EXPECTED, outcomes, strict=True) if result is not None}


RUNS = [
    ("all passed", (PASSED,) * 4, "PASS: k = 2: 4 of 4 checks passed; every gating requirement is met."),
    (
        "one failed",
        (PASSED, FAILED, PASSED, PASSED),
        "FAIL: k = 2: 3 of 4 checks passed; failed: LC-PQ-01 (1).",
    ),
    (
        "one not run",
        (PASSED, PASSED, PASSED, None),
        "INCOMPLETE: k = 2: 3 of 4 checks passed; 1 required checks have no evidence, "
        "so nothing may be released on this run.",
    ),
    (
        "one skipped",
        (PASSED, SKIPPED, PASSED, PASSED),
        "INCOMPLETE: k = 2: 3 of 4 checks passed; 1 required checks have no evidence, "
        "so nothing may be released on this run.",
    ),
    (
        "one surrogate ineffective",
        (PASSED, INEFFECTIVE, PASSED, INEFFECTIVE),
        "PASS: k = 2: 2 of 4 checks passed, 2 shown ineffective; every gating requirement is met.",
    ),
    (
        "all surrogates ineffective for one requirement",
        (INEFFECTIVE, INEFFECTIVE, PASSED, PASSED),
        "INCOMPLETE: k = 2: 2 of 4 checks passed, 2 shown ineffective; 2 required checks have no evidence, "
        "so nothing may be released on this run.",
    ),
    (
        "one passed without evidence",
        (PASSED, WITHOUT_EVIDENCE, PASSED, PASSED),
        "INCOMPLETE: k = 2: 3 of 4 checks passed; 1 required checks have no evidence, "
        "so nothing may be released on this run.",
    ),
    (
        "one passed against its evidence",
        (PASSED, UNASSERTED, PASSED, PASSED),
        "FAIL: k = 2: 3 of 4 checks passed; failed: LC-PQ-01 (1).",
    ),
    (
        "one skipped although its builds part",
        (PASSED, PASSED, PASSED, PARTED),
        "FAIL: k = 2: 3 of 4 checks passed; failed: LC-PQ-03 (1).",
    ),
    (
        "nothing run",
        (None,) * 4,
        "INCOMPLETE: k = 2: 0 of 4 checks passed; 4 required checks have no evidence, "
        "so nothing may be released on this run.",
    ),
]


@pytest.mark.parametrize(("outcomes", "sentence"), [run[1:] for run in RUNS], ids=[run[0] for run in RUNS])
def test_runs(outcomes: tuple[Any, ...], sentence: str) -> None:
    given = verdict(EXPECTED, _results(*outcomes))
    assert given.sentence == sentence
    assert given.ok is sentence.startswith("PASS")


def test_where_nothing_was_to_be_decided_nothing_passes() -> None:
    given = verdict([], {})
    assert (given.word, given.reasons) == ("INCOMPLETE", ("validation: no case was to be decided",))


def test_a_failure_outside_the_cases_fails_the_run() -> None:
    given = verdict(EXPECTED, _results(*(PASSED,) * 4), ["validation/broken.py: could not be collected"])
    assert given.word == "FAIL"
    assert given.reasons == ("validation/broken.py: could not be collected",)


XFAILED = Result("skipped", "parted", {"evidence": True, "ok": False})


@pytest.mark.parametrize("unmet", [XFAILED, UNASSERTED])
def test_what_an_advisory_requirement_finds_is_counted_and_noted_but_does_not_gate(unmet: Result) -> None:
    given = verdict([*EXPECTED, ADVISORY], {**_results(*(PASSED,) * 4), ADVISORY.key: unmet})
    assert given.sentence == (
        "PASS: k = 1, 2: 4 of 5 checks passed, 1 advisory, not met; every gating requirement is met."
    )
    assert given.notes == (f"LC-PQ-02[cpu+order:1-k1]: advisory, not met: {unmet.message}",)


@pytest.mark.parametrize("unmet", [XFAILED, UNASSERTED, FAILED])
def test_an_advisory_requirement_that_the_run_requires_gates_it(unmet: Result) -> None:
    required = Case(ADVISORY.requirement, 1, ORDER, required=True)
    given = verdict([*EXPECTED, required], {**_results(*(PASSED,) * 4), required.key: unmet})
    assert given.sentence == "FAIL: k = 1, 2: 4 of 5 checks passed; failed: LC-PQ-02 (1)."


def test_an_advisory_test_that_could_not_be_finished_fails_the_run() -> None:
    results = {**_results(*(PASSED,) * 4), ADVISORY.key: Result("failed", "a state is missing")}
    assert verdict([*EXPECTED, ADVISORY], results).word == "FAIL"


@pytest.mark.parametrize("result", [None, SKIPPED, INEFFECTIVE])
def test_an_advisory_requirement_does_not_gate_but_is_noted(result: Result | None) -> None:
    results = {**_results(*(PASSED,) * 4), **({ADVISORY.key: result} if result else {})}
    given = verdict([*EXPECTED, ADVISORY], results)
    assert given.ok
    assert len(given.notes) == 1
    assert given.notes[0].startswith("LC-PQ-02[cpu+order:1-k1]: ")


def test_deviations_are_noted_and_decide_nothing() -> None:
    given = verdict(EXPECTED, _results(*(PASSED,) * 4), (), ["--p is 0.5, in the protocol 0.98"])
    assert given.ok
    assert given.notes == ("deviation: --p is 0.5, in the protocol 0.98",)
