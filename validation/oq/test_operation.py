"""Operation qualification: training is deterministic in software."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fixtures.options import Settings
from longcon.builds import Build, Campaign
from longcon.checks import (
    Outcome,
    controls_come_out,
    cutoff_of,
    initial_states_identical,
    measures_correct,
    portable_builds_identical,
    replicates_identical,
    resumed_training_identical,
)
from longcon.devices import Device
from longcon.problems import ProblemData

Judge = Callable[[Outcome], Outcome]


@pytest.mark.requirement("LC-OQ-01")
def test_initial_states_are_identical(original: Build, rebuild: Build, judge: Judge) -> None:
    """Both devices start from the same bits."""
    outcome = judge(initial_states_identical(original, rebuild))
    assert outcome.ok, outcome


@pytest.mark.requirement("LC-OQ-02")
def test_replicates_are_bitwise_identical(builds: Campaign, device: Device, k: int, judge: Judge) -> None:
    """Training again on the same device gives the same bits at every recorded state."""
    outcome = judge(replicates_identical(builds.build(device, k, 1), builds.build(device, k, 2)))
    assert outcome.ok, outcome


@pytest.mark.requirement("LC-OQ-03")
def test_portable_builds_are_bitwise_identical(original: Build, rebuild: Build, judge: Judge) -> None:
    """Portable arithmetic gives the same bits on another device."""
    outcome = judge(portable_builds_identical(original, rebuild))
    assert outcome.ok, outcome


@pytest.mark.requirement("LC-OQ-04")
def test_resumed_training_is_bitwise_identical(builds: Campaign, device: Device, k: int, judge: Judge) -> None:
    """A training that was killed and went on has the bits of one that was not."""
    outcome = judge(resumed_training_identical(builds.build(device, k, 1), builds.resumed(device, k)))
    assert outcome.ok, outcome


@pytest.mark.requirement("LC-OQ-05")
def test_measures_are_correct(judge: Judge) -> None:
    """Every measure gives the known result of its reference cases."""
    outcome = judge(measures_correct())
    assert outcome.ok, outcome


@pytest.mark.requirement("LC-OQ-06")
def test_controls_come_out(original: Build, epoch: int, data: ProblemData, settings: Settings, judge: Judge) -> None:
    """Planted defects fail their checks, unaltered copies pass them."""
    tau = cutoff_of(original, epoch, data).tau
    outcome = judge(controls_come_out(original, epoch, tau, data, settings.limits))
    assert outcome.ok, outcome
