"""Installation qualification: the devices and settings under which builds are trained."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from fixtures.options import Settings
from longcon.builds import Build, Campaign
from longcon.checks import (
    Outcome,
    branch_asked_for,
    data_as_agreed,
    devices_differ,
    environment_locked,
    fingerprint_recorded,
    settings_effective,
    settings_in_force,
)
from longcon.devices import Device, parse_surrogate
from longcon.lock import packages, read_lock

Judge = Callable[[Outcome], Outcome]


@pytest.mark.requirement("LC-IQ-01")
def test_deterministic_settings_were_in_force(builds: Campaign, device: Device, k: int, judge: Judge) -> None:
    """The training processes of all replicates read back every deterministic setting as required."""
    outcome = judge(settings_in_force(*_trained(builds, device, k)))
    assert outcome.ok, outcome


@pytest.mark.requirement("LC-IQ-02")
def test_devices_do_not_all_compute_alike(builds: Campaign, settings: Settings, k: int, judge: Judge) -> None:
    """Another device's arithmetic differs from the original's, so that agreement means something."""
    left_out = [other.name for other in settings.devices if other.is_another_computation(settings.arithmetic)]
    others = [builds.fingerprint(other, k) for other in settings.devices[1:] if other.name not in left_out]
    outcome = judge(devices_differ(k, builds.fingerprint(builds.original_device, k), others, left_out))
    assert outcome.ok, outcome


@pytest.mark.requirement("LC-IQ-03")
def test_environment_is_locked(judge: Judge) -> None:
    """Everything that longcon needs is installed in the version that the lock pins."""
    lock = read_lock()
    outcome = judge(environment_locked(lock, packages(lock) if lock else ()))
    assert outcome.ok, outcome


@pytest.mark.requirement("LC-IQ-04")
def test_settings_are_effective(builds: Campaign, device: Device, k: int, judge: Judge) -> None:
    """What the settings of the training processes did was measured in them."""
    own = [{**build.manifest["fingerprint"], "device": device.name} for build in _trained(builds, device, k)]
    original = builds.fingerprint(builds.original_device, k)
    compatible = replace(device, surrogate=parse_surrogate("mkl:COMPATIBLE"))
    reference = builds.fingerprint(compatible, k) if branch_asked_for(own[0]) else None
    outcome = judge(settings_effective(own, original, reference))
    assert outcome.ok, outcome


@pytest.mark.requirement("LC-IQ-05")
def test_fingerprint_is_recorded(builds: Campaign, device: Device, k: int, judge: Judge) -> None:
    """All replicates carry the fingerprint of their device."""
    outcome = judge(fingerprint_recorded(*_trained(builds, device, k)))
    assert outcome.ok, outcome


@pytest.mark.requirement("LC-IQ-06")
def test_data_are_as_agreed(builds: Campaign, settings: Settings, judge: Judge) -> None:
    """The data of the run and of every build have the digest that the protocol says."""
    assert settings.data_digest is not None
    trained = [build for device in settings.devices for k in settings.ks for build in _trained(builds, device, k)]
    outcome = judge(data_as_agreed(settings.data_digest, builds.data_digest, *trained))
    assert outcome.ok, outcome


def _trained(builds: Campaign, device: Device, k: int) -> list[Build]:
    """Returns every training of a device: its replicates, or a released reference alone."""
    return [builds.build(device, k, replicate) for replicate in builds.plan.replicates_of(device)]
