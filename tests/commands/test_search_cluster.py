"""``python -m longcon search --cluster``: the files and builds of a search on this machine, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from longcon.__main__ import main
from longcon.builds import read_build
from tests.builds.cluster.dask_processes import DaskProcesses

SMALL = ("--features=60", "--epochs=4", "--grid=2")


def _search(out: Path, *options: str) -> int:
    return main(["search", f"--out={out}", f"--store={out} store", *SMALL, *options])


@pytest.mark.slow
def test_a_cluster_finds_the_same_to_the_byte(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    processes = DaskProcesses(tmp_path / "dask")
    for name in ("first", "second"):
        processes.worker(name, "cpu=1")
    cluster = f"--cluster={processes.address}"
    assert _search(tmp_path / "there", cluster) == 0
    told = capsys.readouterr()
    assert "longcon: all 4 builds are there, 4 of them trained in " in told.err
    assert _search(tmp_path / "none", cluster, "--device=cpu@second") == 4
    assert capsys.readouterr().err == (
        f"ERROR: No worker of {processes.address} offers 'cpu@second': they offer cpu; give one of these, or start a "
        f'worker by dask worker {processes.address} --nthreads 1 --resources "cpu@second=1".\n'
    )
    processes.close()
    assert _search(tmp_path / "here") == 0
    names = sorted(path.name for path in (tmp_path / "here").iterdir())
    assert sorted(path.name for path in (tmp_path / "there").iterdir()) == names
    for name in names:
        assert (tmp_path / "there" / name).read_bytes() == (tmp_path / "here" / name).read_bytes()
    keys = sorted(path.name for path in (tmp_path / "here store" / "builds").iterdir())
    assert len(keys) == 4
    for key in keys:
        here, there = (read_build(tmp_path / f"{place} store" / "builds" / key, key) for place in ("here", "there"))
        assert here.manifest["files"] == there.manifest["files"]


REFUSED = {
    "--cluster=": "--cluster is empty, as an unset variable leaves it: give a scheduler or leave it out.",
    "--cluster=node-1": "'node-1' is no address of a scheduler: give --cluster=tcp://HOST:8786, as the scheduler "
    "prints it when it starts.",
}


@pytest.mark.parametrize("option", REFUSED)
def test_what_is_no_cluster_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str], option: str) -> None:
    assert _search(tmp_path / "out", option) == 4
    assert capsys.readouterr().err == f"ERROR: {REFUSED[option]}\n"
