"""A validation whose builds a cluster trains, as a laboratory runs it: the verdict, and what is refused."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.builds.cluster.dask_processes import DaskProcesses
from tests.pytest_process import PytestProcess
from tests.validation.conftest import ROOT, Run, Validate, run_validation

pytestmark = pytest.mark.slow

COMMAND = """
[protocol]
title = "A command"
version = "1"
intended_use = "An example."

[problem]
train = "python train.py {out}"
cases = "cases.csv"
target = "a"
"""


@pytest.fixture(scope="module")
def two_sites(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaskProcesses]:
    """A scheduler with two machines whose processors compute otherwise."""
    processes = DaskProcesses(tmp_path_factory.mktemp("dask"))
    processes.worker("first", "cpu@first=1")
    processes.worker("second", "cpu@second=1", {"ATEN_CPU_CAPABILITY": "default"})
    yield processes
    processes.close()


def test_two_machines_are_validated_by_one_command(
    two_sites: DaskProcesses, process: PytestProcess, tmp_path: Path
) -> None:
    sites = (f"--cluster={two_sites.address}", "--device=cpu@first", "--device=cpu@second", "--surrogate=none")
    run = run_validation(process, tmp_path, tmp_path / "store", *sites, "-n", "2")
    assert run.code == 0, run.output
    assert run.verdict.startswith("verdict: PASS: k = 2: ")
    assert f"longcon cluster: {two_sites.address}, dashboard http://127.0.0.1:" in run.output
    assert "longcon devices: cpu@first, cpu@second" in run.output
    assert "distributed" not in run.output
    evidence = json.loads((tmp_path / "audit" / "evidence.json").read_text())
    assert [device["name"] for device in evidence["devices"]] == ["cpu@first", "cpu@second"]
    classes = {device["fingerprints"][0]["numeric_class"] for device in evidence["devices"]}
    assert len(classes) == 2
    decided = {case["key"]: case["outcome"] for case in evidence["cases"]}
    for case in ("LC-OQ-02[cpu@first-k2]", "LC-OQ-04[cpu@second-k2]", "LC-PQ-01[cpu@second-k2]"):
        assert decided[case] == "met"
    before = sorted((tmp_path / "store" / "builds").iterdir())
    again = run_validation(process, tmp_path, tmp_path / "store", *sites)
    assert again.code == 0, again.output
    assert "longcon: all 4 builds were in the store" in again.output
    assert sorted((tmp_path / "store" / "builds").iterdir()) == before


def test_a_device_that_no_worker_offers_is_refused(two_sites: DaskProcesses, validate: Validate) -> None:
    address = two_sites.address
    run = validate(f"--cluster={address}", "--device=cpu")
    assert (run.code, run.error) == (
        4,
        f"No worker of {address} offers 'cpu': they offer cpu@first, cpu@second; give one of these, or start a worker "
        f'by dask worker {address} --nthreads 1 --resources "cpu=1".',
    )
    run = validate(f"--cluster={address}", "--device=cpu@frist", "--surrogate=none")
    assert (run.code, run.error) == (
        4,
        f"No worker of {address} offers 'cpu@frist' - did you mean 'cpu@first'?: they offer cpu@first, cpu@second; "
        f"give one of these, import its builds, or start a worker by dask worker {address} --nthreads 1 --resources "
        '"cpu@frist=1".',
    )
    assert "Traceback" not in run.output


def test_two_machines_under_one_name_are_refused(
    two_sites: DaskProcesses, process: PytestProcess, tmp_path: Path
) -> None:
    two_sites.worker("third", "cpu@first=1", {"ATEN_CPU_CAPABILITY": "default"})
    store = tmp_path / "store"
    run = run_validation(process, tmp_path, store, f"--cluster={two_sites.address}", "--device=cpu@first")
    two_sites.kill("third")
    assert run.code == 4
    assert run.error.startswith("Workers tcp://127.0.0.1:")
    assert run.error.endswith(
        " both offer 'cpu@first', but do not compute alike: start each with a resource of its own, such as "
        '--resources "cpu@NAME=1".'
    )
    assert "Traceback" not in run.output
    assert not list((store / "builds").iterdir())


def test_what_cannot_be_a_cluster_is_refused(validate: Validate) -> None:
    run = validate("--cluster=")
    assert (run.code, run.error) == (
        4,
        "--cluster is empty, as an unset variable leaves it: give a scheduler or leave it out.",
    )
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"tcp://127.0.0.1:{server.getsockname()[1]}"
    run = validate(f"--cluster={address}")
    assert (run.code, run.error) == (
        4,
        f"No scheduler answers at {address} (Connection refused): start one by dask scheduler, or give the address "
        "that it prints.",
    )


def test_a_command_is_not_sent_to_a_cluster(process: PytestProcess, tmp_path: Path) -> None:
    (tmp_path / "protocol.toml").write_text(COMMAND)
    options = [str(ROOT / "validation"), "--protocol=protocol.toml", "--cluster=tcp://scheduler:8786"]
    code, output = process.run(tmp_path, options)
    assert code == 4
    assert Run(code, output, "").error == (
        f"{tmp_path}/protocol.toml, [problem] train: a command trains on this machine: leave --cluster out."
    )
