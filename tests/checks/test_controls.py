"""Controls: they come out on a real build, and a check or a limit that lets everything pass is caught."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from longcon.builds import Build, Campaign
from longcon.checks import Outcome, controls, controls_come_out, cutoff_of
from longcon.problems import ProblemData
from longcon.protocol import Limits

pytestmark = pytest.mark.slow


@pytest.fixture
def judged(trained: Campaign, problem: ProblemData) -> Callable[[Limits], Outcome]:
    build: Build = trained.build(trained.original_device, 2, 1)
    epoch = build.best_epoch
    tau = cutoff_of(build, epoch, problem).tau
    return lambda limits: controls_come_out(build, epoch, tau, problem, limits)


Judged = Callable[[Limits], Outcome]


@pytest.mark.parametrize(
    "limits",
    [Limits(), Limits(p=1.0), Limits(p=0.5, confidence=None), Limits(p=0.9, confidence=None)]
    + [Limits(sine_tolerance=tolerance) for tolerance in (1e-300, 1e-3, 0.7)],
    ids=str,
)
def test_they_come_out(judged: Judged, limits: Limits) -> None:
    outcome = judged(limits)
    assert outcome.ok, outcome
    assert outcome.message == (
        "k=2 float64 on cpu, replicate 1, controls: 5 of 5 planted defects were caught, 4 of 4 unaltered copies passed."
    )


CHECKS = [
    ("replicates_identical", True, "one ulp in one parameter passed"),
    ("initial_states_identical", True, "one ulp at the start passed"),
    ("sine_below_tolerance", True, "parameters turned beyond the tolerance passed"),
    ("cutoff_is_precise", True, "a false positive above every true one passed"),
    ("replicates_identical", False, "an unaltered copy as a replicate failed"),
    ("sine_below_tolerance", False, "an unaltered copy's sine failed"),
]


@pytest.mark.parametrize(("check", "ok", "wrong"), CHECKS, ids=[wrong for *_, wrong in CHECKS])
def test_a_check_that_always_says_the_same_is_caught(
    judged: Judged, monkeypatch: pytest.MonkeyPatch, check: str, ok: bool, wrong: str
) -> None:
    def always(*_: object) -> Outcome:
        return Outcome("LC", "s", ok, None, None, "", 0, "m")

    monkeypatch.setattr(controls, check, always)
    outcome = judged(Limits())
    assert (outcome.ok, outcome.measured) == (False, 1)
    assert outcome.message.endswith(
        f"; wrong: {wrong}. Likely cause: limits that nothing can exceed, or too few conclusive cases."
    )
