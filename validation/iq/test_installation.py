"""Installation qualification: the devices and settings under which builds are trained."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fixtures.options import Settings
from longcon.builds import Campaign
from longcon.checks import Outcome, devices_differ, settings_in_force
from longcon.devices import Device

Judge = Callable[[Outcome], Outcome]


@pytest.mark.requirement("LC-IQ-01")
def test_deterministic_settings_were_in_force(builds: Campaign, device: Device, k: int, judge: Judge) -> None:
    """The training processes of both replicates read back every deterministic setting as required."""
    outcome = judge(settings_in_force(builds.build(device, k, 1), builds.build(device, k, 2)))
    assert outcome.ok, outcome


@pytest.mark.requirement("LC-IQ-02")
def test_devices_do_not_all_compute_alike(builds: Campaign, settings: Settings, k: int, judge: Judge) -> None:
    """Another device's arithmetic differs from the original's, so that agreement means something."""
    left_out = [other.name for other in settings.devices if other.is_another_computation(settings.arithmetic)]
    others = [builds.fingerprint(other, k) for other in settings.devices[1:] if other.name not in left_out]
    outcome = judge(devices_differ(k, builds.fingerprint(builds.original_device, k), others, left_out))
    assert outcome.ok, outcome
