"""Probes of numpy: the same environment gives the same bits, another core of OpenBLAS gives others."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from longcon.devices import Device, Surrogate

# What OpenBLAS does not compute: no core of it may change these.
ELEMENTWISE = {"sum", "exp", "log"}
CODE = """
import json
import threadpoolctl
from longcon.devices.numpy_probes import numpy_probes

probes = numpy_probes()
libraries = [entry for entry in threadpoolctl.threadpool_info() if entry["internal_api"] == "openblas"]
print(json.dumps([probes, sorted({entry["architecture"] for entry in libraries})]))
"""
Found = tuple[dict[str, str], list[str]]


def _taken(surrogate: Surrogate | None) -> Found:
    done = subprocess.run(
        [sys.executable, "-c", CODE],
        env=Device("cpu", surrogate).process_environment(),
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    probes, cores = json.loads(done.stdout)
    return probes, cores


@pytest.fixture(scope="module")
def own() -> Found:
    return _taken(None)


@pytest.fixture(scope="module")
def prescott() -> Found:
    return _taken(Surrogate("openblas", "Prescott"))


@pytest.mark.slow
def test_two_processes_of_one_environment_agree_in_every_bit(own: Found) -> None:
    assert _taken(None) == own


@pytest.mark.slow
def test_another_core_changes_what_openblas_computes_and_nothing_else(own: Found, prescott: Found) -> None:
    (probes, cores), (others, other_cores) = own, prescott
    if cores == other_cores:
        pytest.skip(f"OpenBLAS takes the kernels of {', '.join(cores) or 'no core'} in both environments")
    assert {name for name, digest in probes.items() if others[name] != digest} == set(probes) - ELEMENTWISE


@pytest.mark.slow
def test_a_digest_has_the_form_of_the_fingerprints(own: Found) -> None:
    assert len(own[0]) == 10
    assert all(len(digest) == 16 and int(digest, 16) >= 0 for digest in own[0].values())
