"""Trajectories in builds: sealed like every other file, the same in replicates, asked for by the plan."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load, save

from longcon.builds import Build, BuildRequest, Campaign, Store, read_build
from longcon.builds.build_writer import seal, write_build
from longcon.errors import StoreError
from longcon.problems import ProblemData, Roster
from longcon.training import Snapshot, Training, Trajectory
from tests.conftest import plan
from tests.training.recorded import RECIPE
from tests.training.recorded import trained as training_of


@pytest.mark.slow
def test_replicates_keep_the_same_trajectory_and_surrogates_another(trained: Campaign) -> None:
    cpu, order = trained.plan.devices
    first, second, other = (trained.build(*which).trajectory() for which in ((cpu, 2, 1), (cpu, 2, 2), (order, 2, 1)))
    assert first.steps == 5 * 19
    assert {name: value.tobytes() for name, value in first.arrays().items()} == {
        name: value.tobytes() for name, value in second.arrays().items()
    }
    assert first.first_difference(second) is None
    assert first.first_difference(other) == 1
    assert first.detail is None


@pytest.mark.slow
def test_a_trajectory_that_was_altered_is_refused(trained: Campaign, copied_store: Path) -> None:
    key = trained.build(trained.original_device, 2, 1).folder.name
    build = read_build(copied_store / "builds" / key, key)
    path = build.folder / "trajectory.safetensors"
    path.write_bytes(path.read_bytes()[:-1] + b"\1")
    with pytest.raises(StoreError) as error:
        build.trajectory()
    assert str(error.value) == (
        f"Build {build.folder} was altered: the bytes of trajectory.safetensors are not those of its manifest; "
        "restore it from a copy, or delete it or give --fresh to retrain."
    )


def _built(folder: Path, request: BuildRequest, training: Training) -> Build:
    roster = Roster("p", ("a", "b"), "a", ("h0",), np.array([0]), ("p0",), simulated=True)
    write_build(
        folder,
        request,
        training,
        roster,
        fingerprint={},
        settings={},
        run="r",
        started="2026-01-01T00:00:00+00:00",
        seconds=1.0,
    )
    return read_build(folder, request.key)


def _request(**changes: Any) -> BuildRequest:
    return replace(BuildRequest("d", RECIPE, "cpu", "n", {}, "c", 1, (0,), False), **changes)


def test_detail_is_kept_where_it_was_asked_for(tmp_path: Path) -> None:
    training = training_of(RECIPE, 60, detail=True)
    build = _built(tmp_path, _request(detail=True), training)
    kept, given = build.trajectory().detail, training.trajectory.detail
    assert kept is not None
    assert given is not None
    assert np.array_equal(kept.parameters, given.parameters)
    assert all(np.array_equal(kept.arrays()[name], value) for name, value in given.arrays().items())


def test_a_sealed_trajectory_of_another_recipe_is_refused(tmp_path: Path) -> None:
    _built(tmp_path, _request(), training_of(RECIPE, 60))
    path = tmp_path / "trajectory.safetensors"
    content = save({name: value[:-1] for name, value in load(path.read_bytes()).items()})
    path.write_bytes(content)
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    del manifest["digest"]
    manifest["files"][path.name] = hashlib.sha256(content).hexdigest()
    (tmp_path / "manifest.json").write_bytes(seal(manifest))
    with pytest.raises(StoreError) as error:
        read_build(tmp_path, _request().key).trajectory()
    assert str(error.value) == (
        f"Build {tmp_path} was altered: trajectory.safetensors holds no trajectory of its recipe "
        "(its 113 steps do not make 6 epochs); "
        "restore it from a copy, or delete it or give --fresh to retrain."
    )


@pytest.mark.parametrize("of_rebuilds", [False, True])
def test_the_plan_says_what_is_asked_of_whom(
    of_rebuilds: bool, problem: ProblemData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Nothing is trained, so no build says anything that it could contradict.
    monkeypatch.setattr("longcon.builds.campaign.require_coherent", lambda *_: None)
    asked: dict[tuple[str, int], BuildRequest] = {}

    class Unstarted:
        def fingerprints(self, device: object, shapes: Sequence[object]) -> list[dict[str, Any]]:  # noqa: ARG002
            return [{"numeric_class": "n", "software": {}} for _ in shapes]

        def train(self, device: object, request: BuildRequest, *_: object, folder: Path, **__: object) -> None:  # noqa: ARG002
            asked[request.device, request.replicate] = request
            one, ones = np.ones(1), np.ones((2, 2))
            trajectory = Trajectory(np.ones((2, 256)), np.ones(2, np.uint64), one, one, one, one, one, one)
            _built(folder, request, Training({0: Snapshot({"w": ones}, ones, ones)}, (), 1, trajectory))

        def close(self) -> None:
            pass

    wanted = replace(
        plan("order:1"), replicates=(1,), detail=True, curvature_every=4, curvature_of_rebuilds=of_rebuilds
    )
    campaign = Campaign(wanted, Store(tmp_path, "run"), problem, lambda _: None, executor=Unstarted())
    for device in wanted.devices:
        campaign.build(device, 2, 1)
    campaign.close()
    assert wanted.builds == 2
    assert {which: (request.detail, request.curvature_every) for which, request in asked.items()} == {
        ("cpu", 1): (True, 4),
        ("cpu+order:1", 1): (True, 4 if of_rebuilds else 0),
    }
