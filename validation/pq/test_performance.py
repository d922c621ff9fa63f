"""Performance qualification: a rebuild elsewhere has the same parameters and makes the same calls."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fixtures.options import Settings
from longcon.builds import Build, Campaign
from longcon.checks import (
    Outcome,
    agreement_measured,
    all_builds_agree,
    crossings_measured,
    cutoff_is_precise,
    cutoff_of,
    hessian_indefinite,
    parts_after_release,
    rebuild_agrees,
    residual_above_threshold,
    sine_below_tolerance,
    sine_measured,
)
from longcon.problems import ProblemData

Judge = Callable[[Outcome], Outcome]


@pytest.mark.requirement("LC-PQ-01")
def test_sine_is_below_tolerance(original: Build, rebuild: Build, epoch: int, settings: Settings, judge: Judge) -> None:
    """The rebuild's parameters are the original's up to round-off."""
    outcome = judge(sine_below_tolerance(original, rebuild, epoch, settings.limits.sine_tolerance))
    assert outcome.ok, outcome


@pytest.mark.requirement("LC-PQ-02")
def test_sine_is_measured(original: Build, rebuild: Build, epoch: int, settings: Settings, judge: Judge) -> None:
    """How far the rebuild departs at k = 1 is measured and reported."""
    outcome = judge(sine_measured(original, rebuild, epoch, settings.limits.sine_tolerance))
    assert outcome.ok, outcome


@pytest.mark.requirement("LC-PQ-03")
def test_rebuild_makes_the_same_calls(
    original: Build, rebuild: Build, epoch: int, data: ProblemData, settings: Settings, judge: Judge
) -> None:
    """The discrepancy rate between the rebuild and the original is at most 1 - p."""
    tau = cutoff_of(original, epoch, data).tau
    outcome = judge(rebuild_agrees(original, rebuild, epoch, tau, data, settings.limits))
    assert outcome.ok, outcome


@pytest.mark.requirement("LC-PQ-04")
def test_all_builds_are_longitudinally_consistent(
    builds: Campaign, original: Build, k: int, epoch: int, data: ProblemData, settings: Settings, judge: Judge
) -> None:
    """The discrepancy rate among the builds of all devices is at most 1 - p."""
    tau = cutoff_of(original, epoch, data).tau
    outcome = judge(all_builds_agree(_all(builds, settings, k), epoch, tau, data, settings.limits))
    assert outcome.ok, outcome


@pytest.mark.requirement("LC-PQ-05")
def test_cutoff_is_precise(original: Build, epoch: int, data: ProblemData, settings: Settings, judge: Judge) -> None:
    """No hold-out case of another class is called as the target class at tau."""
    outcome = judge(cutoff_is_precise(original, epoch, data, settings.limits))
    assert outcome.ok, outcome


@pytest.mark.requirement("LC-PQ-06")
def test_rebuild_parts_after_release(
    original: Build, rebuild: Build, epoch: int, settings: Settings, judge: Judge
) -> None:
    """The rebuild stays together with the original at every step up to the released epoch."""
    outcome = judge(parts_after_release(original, rebuild, epoch, settings.limits.sine_tolerance))
    assert outcome.ok, outcome


@pytest.mark.requirement("LC-PQ-07")
def test_residual_is_above_threshold(original: Build, settings: Settings, judge: Judge) -> None:
    """The gradient never all but vanishes in the leading directions of the Hessian."""
    outcome = judge(residual_above_threshold(original, settings.limits.residual_threshold))
    assert outcome.ok, outcome


@pytest.mark.requirement("LC-PQ-08")
def test_hessian_is_indefinite(original: Build, judge: Judge) -> None:
    """The loss curves both ways at every recorded step."""
    outcome = judge(hessian_indefinite(original))
    assert outcome.ok, outcome


@pytest.mark.requirement("LC-PQ-09")
def test_agreement_is_measured(
    builds: Campaign, original: Build, k: int, epoch: int, data: ProblemData, settings: Settings, judge: Judge
) -> None:
    """How far rebuilds agree on the target class is measured and reported."""
    tau = cutoff_of(original, epoch, data).tau
    outcome = judge(agreement_measured(_all(builds, settings, k), epoch, tau, data))
    assert outcome.ok, outcome


@pytest.mark.requirement("LC-PQ-10")
def test_crossings_are_measured(original: Build, rebuild: Build, epoch: int, data: ProblemData, judge: Judge) -> None:
    """The cases that only one of two builds is conclusive on are counted and listed."""
    tau = cutoff_of(original, epoch, data).tau
    outcome = judge(crossings_measured(original, rebuild, epoch, tau, data))
    assert outcome.ok, outcome


def _all(builds: Campaign, settings: Settings, k: int) -> list[Build]:
    """Returns the original and the rebuild of every device that is the same computation."""
    others = [device for device in settings.devices[1:] if not device.is_another_computation(settings.arithmetic)]
    return [builds.build(device, k, 1) for device in (builds.original_device, *others)]
