"""Builds on a cluster hold the bits that they would have without one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from longcon.builds import BuildEvent, Campaign, Store
from longcon.builds.cluster.cluster import Cluster
from longcon.problems import ProblemData
from tests.builds.cluster.conftest import ENVIRONMENTS, EPOCHS, names_in_builds, plan_on

pytestmark = pytest.mark.slow


def test_every_worker_trains_the_bits_of_its_environment(
    cluster: Cluster, local: Campaign, problem: ProblemData, tmp_path: Path
) -> None:
    events: list[BuildEvent] = []
    plan = plan_on(cluster, *ENVIRONMENTS)
    campaign = Campaign(plan, Store(tmp_path, "run"), problem, events.append, executor=cluster.executor(None))
    found = {(d.name, r): campaign.build(d, 2, r) for d in plan.devices for r in plan.replicates}
    campaign.close()
    ours = {device.name: device for device in local.plan.devices}
    for (name, replicate), build in found.items():
        expected = local.build(ours[ENVIRONMENTS[name][1]], 2, replicate)
        assert build.numeric_class == expected.numeric_class
        assert build.epochs == expected.epochs
        for epoch in expected.epochs:
            assert build.vector(epoch).tobytes() == expected.vector(epoch).tobytes()
            for cohort in ("holdout", "prospective"):
                assert build.scores(epoch, cohort).tobytes() == expected.scores(epoch, cohort).tobytes()
        assert build.request["device"] == name
    # Three environments that computed alike would have shown nothing.
    assert len({found[name, 1].vector(EPOCHS).tobytes() for name in ENVIRONMENTS}) == 3
    assert names_in_builds(tmp_path) == sorted(build.folder.name for build in found.values())
    # Progress reached this process, for every build up to its last epoch.
    assert {event.title for event in events if event.epoch == EPOCHS and event.trained} == {
        build.title for build in found.values()
    }


def test_surrogates_are_emulated_by_the_worker_of_their_device(
    cluster: Cluster, local: Campaign, problem: ProblemData, tmp_path: Path
) -> None:
    devices = cluster.devices(["cpu@plain"], ["mkl:COMPATIBLE"])
    assert [device.name for device in devices] == ["cpu@plain", "cpu@plain+mkl:COMPATIBLE"]
    plan = plan_on(cluster, "cpu@plain", replicates=(1,))
    plan = type(plan)(**{**vars(plan), "devices": devices})
    campaign = Campaign(plan, Store(tmp_path, "run"), problem, lambda _: None, executor=cluster.executor(None))
    found = campaign.build(devices[1], 2, 1)
    campaign.close()
    expected = local.build(local.plan.devices[2], 2, 1)
    assert np.array_equal(found.vector(EPOCHS), expected.vector(EPOCHS))
    assert found.numeric_class == expected.numeric_class
