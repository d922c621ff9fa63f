"""Workers that are not what they say: one sentence each, before anything is trained, and in the middle of a run."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numba
import pytest
import torch

from longcon.builds import BuildEvent, Campaign, Store
from longcon.builds.cluster import connect
from longcon.builds.cluster.cluster import Cluster
from longcon.builds.executor import TrainingShape
from longcon.errors import ClusterError
from longcon.problems import ProblemData
from longcon.source import code_version
from longcon.training import Recipe
from tests.builds.cluster.conftest import plan_on
from tests.builds.cluster.dask_processes import ROOT, DaskProcesses, until
from tests.problems.problem_files import WHOLE, loaded, writer

pytestmark = pytest.mark.slow

SCALAR = {"ATEN_CPU_CAPABILITY": "default"}
SHAPE = TrainingShape(20, 4, Recipe(k=2, widths=(8,)))


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[DaskProcesses]:
    processes = DaskProcesses(tmp_path / "dask")
    yield processes
    processes.close()


def _refusal(processes: DaskProcesses) -> str:
    """Returns what connecting to a scheduler says, with its address and its workers' by their names."""
    with pytest.raises(ClusterError) as error:
        connect(processes.address)
    return str(error.value).replace(processes.address, "ADDRESS")


def test_workers_that_could_not_train_what_this_process_would(processes: DaskProcesses, tmp_path: Path) -> None:
    start = 'start one by dask worker ADDRESS --nthreads 1 --resources "cpu=1".'
    assert _refusal(processes) == f"Nothing can be trained at ADDRESS, since it has no workers: {start}"
    processes.worker("other", "GPU=1,memory=2")
    assert _refusal(processes) == (
        "Nothing can be trained at ADDRESS, since none of its 1 workers offers a device (their resources: GPU, "
        f"memory): {start}"
    )
    _with_another_numba(tmp_path / "numba")
    processes.worker("old", "cpu=1", {"PYTHONPATH": f"{tmp_path / 'numba'}:{ROOT}"})
    assert _ends(_refusal(processes), "(old)") == (
        f" has numba 0.1, and this machine numba {numba.__version__}: install the same in both places."
    )
    processes.kill("old")
    _without_longcon(tmp_path / "without")
    processes.worker("bare", "cpu=1", {"PYTHONPATH": str(tmp_path / "without")})
    assert _ends(_refusal(processes), "(bare)") == (
        " cannot import this longcon (No module named 'longcon'): install it there, into the environment that the "
        "worker is started from."
    )
    processes.kill("bare")
    _with_another_line(tmp_path / "other")
    processes.worker("edited", "cpu=1", path=tmp_path / "other")
    said = _ends(_refusal(processes), "(edited)")
    assert said.startswith(" runs other code of longcon (")
    assert said.endswith(f", not {code_version()[:8]}): install this one there, and start the worker again.")
    processes.kill("edited")
    gpus = torch.cuda.device_count() if torch.cuda.is_available() else 0
    processes.worker("gpu", f"cuda:{gpus}=1")
    assert _ends(_refusal(processes), "(gpu)") == (
        f" offers 'cuda:{gpus}', but PyTorch {torch.__version__} finds {f'{gpus} GPU' if gpus else 'no GPU'} there: "
        "start it with the resources that it has."
    )


def test_two_workers_of_one_device_must_compute_alike_and_load_the_same_problem(
    processes: DaskProcesses, tmp_path: Path
) -> None:
    processes.worker("plain", "cpu=1,cpu@plain=1")
    processes.worker("scalar", "cpu=1", SCALAR)
    cluster = connect(processes.address)
    plain, together = cluster.devices(["cpu@plain", "cpu"], ["none"])
    executor = cluster.executor(None)
    (alone,) = executor.fingerprints(plain, [SHAPE])
    assert alone["device"] == "cpu@plain"
    with pytest.raises(ClusterError) as error:
        executor.fingerprints(together, [SHAPE])
    names = [worker.label for worker in cluster.connection.workers()]
    first, second = sorted(names, key=str(error.value).index)
    assert str(error.value) == (
        f"Workers {first} and {second} both offer 'cpu', but do not compute alike: start each with a resource of its "
        'own, such as --resources "cpu@NAME=1".'
    )
    (label,) = (name for name in names if "(plain)" in name)
    file = writer(tmp_path)("mine.py", WHOLE)
    problem = loaded(file)
    file.write_text(WHOLE + "\n")
    with pytest.raises(ClusterError) as error:
        cluster.executor(problem).fingerprints(plain, [SHAPE])
    assert str(error.value) == (
        f"Worker {label} has another version of the problem: its code, and what that imports, must be the same on "
        "every worker."
    )
    file.unlink()
    with pytest.raises(ClusterError) as error:
        cluster.executor(problem).fingerprints(plain, [SHAPE])
    assert str(error.value) == (
        f"Worker {label} cannot load the problem, which must lie at the same path on every worker: {file} cannot be "
        "read (No such file or directory): give --problem=path/to/file.py:NAME."
    )
    cluster.close()


def test_a_worker_that_joins_and_computes_otherwise_is_left_out(
    processes: DaskProcesses, problem: ProblemData, tmp_path: Path
) -> None:
    processes.worker("plain", "cpu=1")
    events: list[BuildEvent] = []
    cluster = connect(processes.address, patience=300)
    plan = plan_on(cluster, "cpu", epochs=2, replicates=(1,))
    campaign = Campaign(plan, Store(tmp_path / "store", "run"), problem, events.append, executor=cluster.executor(None))
    device = campaign.original_device
    expected = campaign.fingerprint(device, 2)
    processes.kill("plain")
    processes.worker("scalar", "cpu=1", SCALAR)
    _without_longcon(tmp_path / "without")
    processes.worker("bare", "cpu=1", {"PYTHONPATH": str(tmp_path / "without")})
    until(lambda: len(_labels(cluster)) == 2, "both workers")
    labels = _labels(cluster)
    campaign.start()
    left_out = {
        f"Worker {labels['scalar']} offers 'cpu', but does not compute as that did at the start of the run: start it "
        'with a resource of its own, such as --resources "cpu@NAME=1". It is left out.',
        f"Worker {labels['bare']} cannot import this longcon (No module named 'longcon'): install it there, into the "
        "environment that the worker is started from. It is left out.",
    }
    until(lambda: {event.note for event in events} >= left_out, "what is said of them")
    processes.worker("plain again", "cpu=1")
    build = campaign.build(device, 2, 1)
    campaign.close()
    cluster.close()
    assert build.numeric_class == expected["numeric_class"]


def _labels(cluster: Cluster) -> dict[str, str]:
    return {worker.name: worker.label for worker in cluster.connection.workers()}


def _ends(sentence: str, name: str) -> str:
    """Returns what follows the name of a worker, which a sentence begins with."""
    before, _, after = sentence.partition(name)
    assert before.startswith("Worker tcp://127.0.0.1:")
    return after


def _with_another_numba(place: Path) -> None:
    """Writes what pip would have left of another version, where it is found before the installed one."""
    (place / "numba-0.1.dist-info").mkdir(parents=True)
    (place / "numba-0.1.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: numba\nVersion: 0.1\n")


def _without_longcon(place: Path) -> None:
    place.mkdir()
    (place / "longcon.py").write_text('raise ModuleNotFoundError("No module named \'longcon\'", name="longcon")\n')


def _with_another_line(place: Path) -> None:
    shutil.copytree(ROOT / "longcon", place / "longcon", ignore=shutil.ignore_patterns("__pycache__"))
    with (place / "longcon" / "builds" / "store.py").open("a") as file:
        file.write("\n# Another line.\n")
