"""A cluster of three workers in numeric environments of their own, and what this machine trains in the same ones."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from longcon.builds import Campaign, Plan, Store
from longcon.builds.cluster import connect
from longcon.builds.cluster.cluster import Cluster
from longcon.devices import parse_devices
from longcon.problems import ProblemData
from longcon.training import Recipe
from tests.builds.cluster.dask_processes import DaskProcesses

# Each worker's environment, with the name of the device that this machine emulates by the same.
ENVIRONMENTS: dict[str, tuple[dict[str, str], str]] = {
    "cpu@plain": ({}, "cpu"),
    "cpu@scalar": ({"ATEN_CPU_CAPABILITY": "default"}, "cpu+isa:default"),
    "cpu@compatible": ({"MKL_CBWR": "COMPATIBLE"}, "cpu+mkl:COMPATIBLE"),
}
# So many that a worker can be killed in the middle.
EPOCHS = 40


@pytest.fixture(scope="session")
def three_workers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaskProcesses]:
    """A scheduler with a worker in each environment, none of which is to be killed."""
    processes = DaskProcesses(tmp_path_factory.mktemp("dask"))
    for device, (environment, _) in ENVIRONMENTS.items():
        processes.worker(device.partition("@")[2], f"{device}=1", environment)
    yield processes
    processes.close()


@pytest.fixture(scope="session")
def cluster(three_workers: DaskProcesses) -> Iterator[Cluster]:
    """A connection to the three workers."""
    cluster = connect(three_workers.address)
    yield cluster
    cluster.close()


@pytest.fixture(scope="session")
def local(tmp_path_factory: pytest.TempPathFactory, problem: ProblemData) -> Iterator[Campaign]:
    """What this machine trains on its own device and on the surrogates that are the workers' environments."""
    devices = parse_devices(["cpu"], ["isa:default", "mkl:COMPATIBLE"])
    campaign = Campaign(
        Plan(devices, (Recipe(k=2, epochs=EPOCHS),), "best", jobs=2, fresh=False),
        Store(tmp_path_factory.mktemp("local"), "run-1"),
        problem,
        lambda _: None,
    )
    yield campaign
    campaign.close()


def plan_on(cluster: Cluster, *devices: str, epochs: int = EPOCHS, replicates: tuple[int, ...] = (1, 2)) -> Plan:
    """Returns a plan of builds on devices of a cluster."""
    return Plan(
        cluster.devices(devices, ["none"]),
        (Recipe(k=2, epochs=epochs),),
        "best",
        jobs=cluster.jobs,
        fresh=False,
        replicates=replicates,
    )


def names_in_builds(store: Path) -> list[str]:
    """Returns what lies where builds are kept, hidden or not."""
    return sorted(path.name for path in (store / "builds").iterdir())
