"""What becomes of a run when the client or the scheduler dies: nothing trains on, and nothing is half written."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from longcon.builds import BuildEvent, Campaign, Store
from longcon.builds.cluster import connect
from longcon.errors import ClusterError
from longcon.problems import ProblemData, load_data
from tests.builds.cluster.conftest import names_in_builds, plan_on
from tests.builds.cluster.dask_processes import ROOT, DaskProcesses, until

pytestmark = pytest.mark.slow

# Nobody waits for its end.
EPOCHS = 100_000


@pytest.fixture(scope="module")
def one_worker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaskProcesses]:
    processes = DaskProcesses(tmp_path_factory.mktemp("dask"))
    processes.worker("only", "cpu=1")
    yield processes
    processes.close()


def begin(address: str, data: ProblemData, store: Path) -> tuple[Campaign, threading.Event]:
    """Begins a training that takes an hour, and returns what says that its first epoch is done."""
    moved = threading.Event()

    def on_event(event: BuildEvent) -> None:
        if event.epoch > 0:
            moved.set()

    cluster = connect(address)
    plan = plan_on(cluster, "cpu", epochs=EPOCHS, replicates=(1,))
    campaign = Campaign(plan, Store(store, "run"), data, on_event, executor=cluster.executor(None))
    campaign.start()
    return campaign, moved


def test_the_death_of_the_client_ends_what_it_had_trained(
    one_worker: DaskProcesses, problem: ProblemData, tmp_path: Path
) -> None:
    (tmp_path / "data").write_bytes(problem.serialised())
    arguments = [one_worker.address, str(tmp_path / "data"), str(tmp_path / "store")]
    client = subprocess.Popen(
        [sys.executable, "-m", "tests.builds.cluster.test_ends", *arguments], cwd=ROOT, stdout=subprocess.PIPE
    )
    assert client.stdout
    assert client.stdout.readline() == b"trains\n"
    training = len(one_worker.left("only"))
    client.kill()
    client.communicate()
    until(lambda: len(one_worker.left("only")) == training - 2, "the end of the training, and of who looked after it")


def test_the_death_of_the_scheduler_ends_the_run_in_a_sentence(
    one_worker: DaskProcesses, problem: ProblemData, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    campaign, moved = begin(one_worker.address, problem, tmp_path)
    assert moved.wait(120)
    one_worker.kill("scheduler")
    with pytest.raises(ClusterError) as error:
        campaign.build(campaign.original_device, 2, 1)
    campaign.close()
    text = str(error.value)
    assert text.startswith(f"The scheduler at {one_worker.address} cannot be reached any more (")
    assert text.endswith("): start it again, and run again; what was trained is kept.")
    assert names_in_builds(tmp_path) == []
    assert capfd.readouterr() == ("", "")
    until(lambda: not one_worker.left("only"), "the end of the worker")


if __name__ == "__main__":
    _, address, data, store = sys.argv
    campaign, moved = begin(address, load_data(Path(data)), Path(store))
    print("trains" if moved.wait(120) else "trains nothing", flush=True)  # noqa: T201
    threading.Event().wait()
