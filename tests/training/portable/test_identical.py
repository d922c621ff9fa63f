"""The promise: one set of bits, whatever kernels the libraries dispatch to, however many threads, either execution."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.training.portable import trainers

ROOT = Path(__file__).parents[3]
NUMERIC = ("ATEN_CPU_CAPABILITY", "MKL_CBWR", "OMP_NUM_THREADS", "NUMBA_NUM_THREADS", "NUMBA_CPU_NAME")
PROCESSES: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("compiled", "1", {}),
    ("compiled", "2", {"ATEN_CPU_CAPABILITY": "default", "OMP_NUM_THREADS": "2", "NUMBA_NUM_THREADS": "2"}),
    # Another processor's code: registers of 128 bits, no AVX and no fused multiply-add to be had.
    ("compiled", "1", {"NUMBA_CPU_NAME": "generic", "MKL_CBWR": "COMPATIBLE"}),
    ("eager", "1", {}),
    ("eager", "1", {"ATEN_CPU_CAPABILITY": "default", "MKL_CBWR": "COMPATIBLE", "OMP_NUM_THREADS": "1"}),
    ("eager", "2", {"ATEN_CPU_CAPABILITY": "avx2", "OMP_NUM_THREADS": "2"}),
)


def _printed(process: tuple[str, str, dict[str, str]]) -> list[str]:
    execution, threads, variables = process
    # Waiting threads of a pool larger than the machine is free would spin for minutes.
    passive = {"OMP_WAIT_POLICY": "passive"}
    inherited = {name: value for name, value in os.environ.items() if name not in NUMERIC} | passive
    done = subprocess.run(
        [sys.executable, "-m", "tests.training.portable.trainers", execution, threads],
        env=inherited | variables | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.slow
def test_every_epoch_has_the_same_bits_in_every_process() -> None:
    with ThreadPoolExecutor(2) as pool:
        first, *others = pool.map(_printed, PROCESSES)
    assert len(first) == len(trainers.CASES) * trainers.EPOCHS
    for process, printed in zip(PROCESSES[1:], others, strict=True):
        assert printed == first, process
