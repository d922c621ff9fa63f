"""Identity checks: one ulp in one parameter is found, and a build is never compared with itself."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load, save

from longcon.builds import Build, Campaign, read_build
from longcon.builds.build_writer import seal
from longcon.checks import initial_states_identical, portable_builds_identical, replicates_identical
from longcon.errors import BuildError

pytestmark = pytest.mark.slow


def planted(build: Build, epoch: int) -> Build:
    """A build with one parameter one ulp away and a manifest sealed anew, as no accident would leave it."""
    name = f"state-{epoch:04d}.safetensors"
    path = build.folder / name
    tensors = load(path.read_bytes())
    tensors["0.weight"][3, 7] = np.nextafter(tensors["0.weight"][3, 7], 9)
    path.write_bytes(save(tensors))
    manifest = json.loads((build.folder / "manifest.json").read_text())
    del manifest["digest"]
    manifest["files"][name] = hashlib.sha256(path.read_bytes()).hexdigest()
    (build.folder / "manifest.json").write_bytes(seal(manifest))
    return read_build(build.folder, build.folder.name)


def _copy(store: Path, build: Build) -> Build:
    return read_build(store / "builds" / build.folder.name, build.folder.name)


def test_true_replicates_pass(trained: Campaign) -> None:
    for device in trained.plan.devices:
        outcome = replicates_identical(trained.build(device, 2, 1), trained.build(device, 2, 2))
        assert outcome.ok
        assert outcome.message == (
            f"k=2 float64 on {device.name}, replicate 1 against replicate 2: all 12,388 values are identical in every "
            f"bit at each of {len(trained.build(device, 2, 1).epochs)} recorded states."
        )


@pytest.mark.parametrize("epoch", [0, 2, 5])
def test_one_ulp_in_one_parameter_is_caught(trained: Campaign, copied_store: Path, epoch: int) -> None:
    first = trained.build(trained.original_device, 2, 1)
    second = planted(_copy(copied_store, trained.build(trained.original_device, 2, 2)), epoch)
    outcome = replicates_identical(first, second)
    assert not outcome.ok
    assert outcome.measured == 1
    mine, other = first.state(epoch)["0.weight"][3, 7], second.state(epoch)["0.weight"][3, 7]
    assert outcome.message == (
        f"k=2 float64 on cpu, replicate 1 against replicate 2: states differ at epoch {epoch} in 0.weight: "
        f"1 of 7,680 values differ, first at (3, 7): {mine} against {other} (1 ulp); likely cause: a "
        "nondeterministic operation, another thread count or an altered build; run again with --fresh."
    )


def test_initial_states_of_two_devices(trained: Campaign, copied_store: Path) -> None:
    original, rebuild = (trained.build(device, 2, 1) for device in trained.plan.devices)
    assert initial_states_identical(original, rebuild).ok
    outcome = initial_states_identical(original, planted(_copy(copied_store, rebuild), 0))
    assert not outcome.ok
    assert outcome.message.endswith("likely cause: the initial values were not drawn on the host alike.")


def test_native_builds_of_two_devices_are_not_portable(trained: Campaign) -> None:
    original, rebuild = (trained.build(device, 2, 1) for device in trained.plan.devices)
    outcome = portable_builds_identical(original, rebuild)
    assert not outcome.ok
    assert outcome.evidence
    assert outcome.message.startswith(
        "k=2 float64 on cpu+order:1, replicate 1 against cpu: states differ at epoch 0 in the holdout scores: "
    )


def test_a_build_is_never_compared_with_itself(trained: Campaign) -> None:
    build = trained.build(trained.original_device, 2, 1)
    for check in (initial_states_identical, replicates_identical):
        with pytest.raises(BuildError) as error:
            check(build, build)
        assert str(error.value) == f"Build {build.folder.name} was to be compared with itself: compare two builds."


def test_builds_of_two_devices_are_no_replicates(trained: Campaign) -> None:
    original, rebuild = (trained.build(device, 2, 1) for device in trained.plan.devices)
    with pytest.raises(BuildError, match=r"are not replicates: compare builds of one device\.$"):
        replicates_identical(original, rebuild)
