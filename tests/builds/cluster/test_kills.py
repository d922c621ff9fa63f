"""Workers that are killed while they train: no build is lost, none is there twice, and their bits are the same."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from queue import SimpleQueue

import pytest

from longcon.builds import BuildEvent, Campaign, Store
from longcon.builds.cluster import connect
from longcon.builds.cluster.cluster import Cluster
from longcon.errors import BuildError, RunEndedError
from longcon.problems import ProblemData
from tests.builds.cluster.conftest import ENVIRONMENTS, EPOCHS, names_in_builds, plan_on
from tests.builds.cluster.dask_processes import DaskProcesses, until

pytestmark = pytest.mark.slow

LONG = 100_000


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[DaskProcesses]:
    processes = DaskProcesses(tmp_path / "dask")
    yield processes
    processes.close()


def test_killed_workers_lose_and_duplicate_nothing(
    processes: DaskProcesses, local: Campaign, problem: ProblemData, tmp_path: Path
) -> None:
    """One worker in each environment is killed in the middle of a build; one of them has a nanny."""
    for device, (environment, _) in ENVIRONMENTS.items():
        processes.worker(device, f"{device}=1", environment, nanny=device == "cpu@plain")
    alive, killed = set(ENVIRONMENTS), SimpleQueue[str]()
    notes: list[str] = []

    def on_event(event: BuildEvent) -> None:
        # In the thread of the build that moved: what is killed is in the middle of it.
        if event.note:
            notes.append(event.note)
        for device in [one for one in alive if f"on {one}," in event.title and 2 < event.epoch < EPOCHS - 15]:
            alive.remove(device)
            kill = processes.kill_under_nanny if device == "cpu@plain" else processes.kill
            kill(device)
            killed.put(device)

    cluster = connect(processes.address)
    plan = plan_on(cluster, *ENVIRONMENTS)
    campaign = Campaign(plan, Store(tmp_path, "run"), problem, on_event, executor=cluster.executor(None))
    campaign.start()
    for _ in ENVIRONMENTS:
        device = killed.get(timeout=300)
        if device != "cpu@plain":
            until(lambda name=device: not processes.left(name), "the end of what it had started")  # type: ignore[misc]
            processes.worker(f"{device}-2", f"{device}=1", ENVIRONMENTS[device][0])
    found = {(d.name, r): campaign.build(d, 2, r) for d in plan.devices for r in plan.replicates}
    campaign.close()
    cluster.close()
    assert not alive
    assert len(notes) == len(ENVIRONMENTS)
    assert all(
        note.startswith("Worker tcp://127.0.0.1:") and " has gone: k=2 float64 on cpu@" in note for note in notes
    )
    ours = {device.name: device for device in local.plan.devices}
    for (name, replicate), build in found.items():
        expected = local.build(ours[ENVIRONMENTS[name][1]], 2, replicate)
        assert build.vector(EPOCHS).tobytes() == expected.vector(EPOCHS).tobytes()
        assert build.manifest["files"] == expected.manifest["files"]
    assert names_in_builds(tmp_path) == sorted(build.folder.name for build in found.values())
    assert not [path for path in (tmp_path / "checkpoints").rglob("*") if path.is_file()]


def test_a_build_waits_for_a_worker_and_not_for_ever(
    processes: DaskProcesses, problem: ProblemData, tmp_path: Path
) -> None:
    processes.worker("only", "cpu@only=1")
    cluster = connect(processes.address, patience=2)
    campaign, moved = _long(cluster, "cpu@only", problem, tmp_path)
    moved.wait(120)
    processes.kill("only")
    with pytest.raises(BuildError) as error:
        campaign.build(campaign.original_device, 2, 1)
    campaign.close()
    cluster.close()
    assert str(error.value) == (
        f"Build k=2 float64 on cpu@only, replicate 1 was not finished, since no worker of {processes.address} has "
        f"offered 'cpu@only' for 2 seconds; run again after dask worker {processes.address} --nthreads 1 --resources "
        '"cpu@only=1".'
    )
    assert names_in_builds(tmp_path) == []


def test_a_build_that_kills_its_workers_is_given_up(problem: ProblemData, tmp_path: Path) -> None:
    processes = DaskProcesses(tmp_path / "dask", {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "0"})
    processes.worker("first", "cpu=1")
    processes.worker("second", "cpu=1")
    cluster = connect(processes.address)
    campaign, moved = _long(cluster, "cpu", problem, tmp_path)
    moved.wait(120)
    busy = next(name for name in ("first", "second") if len(processes.left(name)) > 3)
    processes.kill(busy)
    with pytest.raises(BuildError) as error:
        campaign.build(campaign.original_device, 2, 1)
    campaign.close()
    cluster.close()
    processes.close()
    assert str(error.value) == (
        f"Build k=2 float64 on cpu, replicate 1 was begun by several workers of {processes.address}, and all of them "
        "died while they trained it: look into their logs, whether it needs more memory than they have."
    )
    assert names_in_builds(tmp_path) == []


def test_the_end_of_a_run_ends_what_workers_train(
    three_workers: DaskProcesses, cluster: Cluster, problem: ProblemData, tmp_path: Path
) -> None:
    campaign, moved = _long(cluster, "cpu@plain", problem, tmp_path)
    moved.wait(120)
    (worker,) = (worker for worker in cluster.connection.workers() if worker.name == "plain")
    until(lambda: _column(cluster, worker.address), "what the dashboard shows")
    told = _column(cluster, worker.address)
    assert told.startswith("k=2 float64 on cpu@plain, replicate 1: epoch ")
    assert told.endswith(f" of {LONG}")
    training = len(three_workers.left("plain"))
    campaign.close()
    with pytest.raises(RunEndedError) as error:
        campaign.build(campaign.original_device, 2, 1)
    assert str(error.value) == (
        "Build k=2 float64 on cpu@plain, replicate 1 was not finished, since the run was ended: run again."
    )
    until(lambda: not _column(cluster, worker.address), "an idle worker")
    until(lambda: len(three_workers.left("plain")) < training, "the end of the training")
    assert names_in_builds(tmp_path) == []
    assert not list((three_workers.place / "plain").rglob("build-*"))


def _long(cluster: Cluster, device: str, problem: ProblemData, place: Path) -> tuple[Campaign, threading.Event]:
    """Returns a campaign of a training that would take an hour, and what says that it has begun."""
    moved = threading.Event()

    def on_event(event: BuildEvent) -> None:
        if event.epoch > 0:
            moved.set()

    plan = plan_on(cluster, device, epochs=LONG, replicates=(1,))
    campaign = Campaign(plan, Store(place, "run"), problem, on_event, executor=cluster.executor(None))
    campaign.start()
    return campaign, moved


def _column(cluster: Cluster, address: str) -> str:
    """Returns what the dashboard's table of workers says of one in longcon's column."""
    workers = cluster.connection._client.scheduler_info(n_workers=-1)["workers"]
    return str(workers[address]["metrics"].get("longcon", ""))
