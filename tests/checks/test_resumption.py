"""Resumption: a process that was killed and one that went on; a planted ulp and a planted step are found."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load, save

from longcon.builds import Build, Campaign, Store
from longcon.builds.build_writer import seal
from longcon.builds.executor import TrainingShape
from longcon.builds.runner import Runner
from longcon.checks import resumed_training_identical
from longcon.devices import Device
from longcon.errors import BuildError
from longcon.problems import ProblemData

pytestmark = pytest.mark.slow

SUBJECT = "k=2 float64 on {}, replicate 1 against its first epochs, resumed after epoch 1 by another process"
CAUSE = (
    "likely cause: the checkpoint lacks something that training on this device depends on, or an operation is "
    "nondeterministic, which LC-OQ-02 tells; report it, and give --fresh after every interruption until it is mended."
)


def test_every_device_goes_on_to_the_same_bits(trained: Campaign) -> None:
    for device in trained.plan.devices:
        resumed = trained.resumed(device, 2)
        assert resumed.title == f"k=2 float64 on {device.name}, replicate 1, killed after epoch 1"
        assert resumed.resumed_at == (1,)
        assert resumed.folder.name not in trained.handed_out
        outcome = resumed_training_identical(trained.build(device, 2, 1), resumed)
        assert outcome.ok
        assert outcome.requirement == "LC-OQ-04"
        assert outcome.message == (
            f"{SUBJECT.format(device.name)}: all 12,388 values are identical in every bit at each of 3 recorded "
            "states, and so are digest, loss and gradient norm of each of 38 steps."
        )


def test_the_same_campaign_again_resumes_nothing(trained: Campaign, problem: ProblemData, copied_store: Path) -> None:
    trained.resumed(trained.original_device, 2)
    taken = {device: dict(trained.fingerprint(device, 2)) for device in trained.plan.devices}

    class Idle(Runner):
        def fingerprints(self, device: Device, shapes: Sequence[TrainingShape]) -> list[dict[str, Any]]:
            return [taken[device] for _ in shapes]

        def train(self, *_: object, **__: object) -> None:
            pytest.fail("it was trained again")

    again = Campaign(trained.plan, Store(copied_store, "run-2"), problem, lambda _: None, executor=Idle())
    kept = again.resumed(again.original_device, 2)
    again.close()
    assert kept.manifest["files"] == trained.resumed(trained.original_device, 2).manifest["files"]


def _planted(build: Build, file: str, name: str, place: tuple[int, ...], store: Path) -> Build:
    """A copy of a build with one number one ulp away and a manifest sealed anew, as no accident would leave it."""
    folder = store / "builds" / build.folder.name
    tensors = load((folder / file).read_bytes())
    tensors[name][place] = np.nextafter(tensors[name][place], 9)
    content = save(tensors)
    (folder / file).write_bytes(content)
    manifest = json.loads((folder / "manifest.json").read_text())
    del manifest["digest"]
    manifest["files"][file] = hashlib.sha256(content).hexdigest()
    (folder / "manifest.json").write_bytes(seal(manifest))
    return Store(store, "run").read(build.folder.name)


@pytest.fixture
def pair(trained: Campaign) -> tuple[Build, Build]:
    device = trained.original_device
    return trained.build(device, 2, 1), trained.resumed(device, 2)


@pytest.fixture
def copy(pair: tuple[Build, Build], copied_store: Path) -> Path:  # noqa: ARG001 - trained before it is copied
    return copied_store


def test_one_ulp_after_the_resumption_is_caught(pair: tuple[Build, Build], copy: Path) -> None:
    build, resumed = pair
    planted = _planted(resumed, "state-0002.safetensors", "3.bias", (7,), copy)
    outcome = resumed_training_identical(build, planted)
    assert not outcome.ok
    assert outcome.measured == 1
    mine, other = build.state(2)["3.bias"][7], planted.state(2)["3.bias"][7]
    assert outcome.message == (
        f"{SUBJECT.format('cpu')}: states differ at epoch 2 in 3.bias: 1 of 32 values differ, first at (7,): "
        f"{mine} against {other} (1 ulp); {CAUSE}"
    )
    assert outcome.details["resumed_at"] == 1


def test_one_step_that_differs_between_equal_states_is_caught(pair: tuple[Build, Build], copy: Path) -> None:
    build, resumed = pair
    outcome = resumed_training_identical(build, _planted(resumed, "trajectory.safetensors", "losses", (30,), copy))
    assert not outcome.ok
    assert (outcome.measured, outcome.units, outcome.n) == (1, "differing steps", 38)
    assert outcome.message == (
        f"{SUBJECT.format('cpu')}: states are identical, but losses differ at 1 of 38 steps, first at step 30; {CAUSE}"
    )


def test_what_was_never_resumed_or_is_of_another_device_is_no_evidence(trained: Campaign) -> None:
    cpu, order = trained.plan.devices
    build, rebuild = trained.build(cpu, 2, 1), trained.build(order, 2, 1)
    with pytest.raises(BuildError) as error:
        resumed_training_identical(build, rebuild)
    assert str(error.value) == f"{rebuild.title} was never resumed: compare with what Campaign.resumed returns."
    resumed = trained.resumed(order, 2)
    with pytest.raises(BuildError) as error:
        resumed_training_identical(build, resumed)
    assert str(error.value) == (
        f"{build.title} and {resumed.title} have another device: compare builds of one device and recipe."
    )
