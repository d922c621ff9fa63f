"""Operation qualification: training is deterministic in software."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from longcon.builds import Build, Campaign
from longcon.checks import Outcome, initial_states_identical, portable_builds_identical, replicates_identical
from longcon.devices import Device

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
