"""A small problem, and builds of it that were really trained, in processes of their own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import numpy as np
import pytest

from longcon.builds import Campaign, Plan, Store
from longcon.devices import parse_devices
from longcon.problems import ProblemData
from longcon.training import Recipe
from tests.divergence.planted import detailed, plant
from tests.planted.ratio import pytest_terminal_summary
from tests.training import plain

__all__ = ["detailed", "plant", "pytest_terminal_summary"]

# A slow machine is no counterexample.
hypothesis.settings.register_profile("longcon", deadline=None)
hypothesis.settings.load_profile("longcon")


@pytest.fixture(scope="session")
def problem() -> ProblemData:
    training, holdout, prospective = plain.cohort(60, 0)
    assert training.labels is not None
    assert holdout.labels is not None
    return ProblemData(
        problem="four clouds",
        classes=("a", "b", "c", "d"),
        target="c",
        training=training.values,
        training_labels=training.labels,
        training_cases=tuple(f"t{i}" for i in range(37)),
        holdout=holdout.values,
        holdout_labels=holdout.labels,
        holdout_cases=tuple(f"h{i}" for i in range(12)),
        prospective=np.ascontiguousarray(prospective.values),
        prospective_cases=tuple(f"p{i}" for i in range(12)),
        facts={"simulated": True},
    )


def plan(*surrogates: str, fresh: bool = False, epochs: int = 5, release: str | int = "best") -> Plan:
    devices = parse_devices(["cpu"], surrogates or ["none"])
    return Plan(devices, (Recipe(k=2, epochs=epochs),), release, jobs=2, fresh=fresh)


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory, problem: ProblemData) -> Iterator[Campaign]:
    """A campaign of cpu and cpu+order:1, both replicates."""
    store = Store(tmp_path_factory.mktemp("store"), "run-1")
    campaign = Campaign(plan("order:1"), store, problem, lambda _: None)
    for device in campaign.plan.devices:
        for replicate in (1, 2):
            campaign.build(device, 2, replicate)
    yield campaign
    campaign.close()


@pytest.fixture
def copied_store(trained: Campaign, tmp_path: Path) -> Path:
    """A copy of the campaign's store, to do damage to."""
    source = trained.build(trained.original_device, 2, 1).folder.parents[1]
    shutil.copytree(source, tmp_path / "store")
    return tmp_path / "store"
