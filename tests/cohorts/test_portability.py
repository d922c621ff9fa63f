"""The bits do not depend on which of numpy's kernels the processor is given."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]

KNOWN = {
    "GSE109379_processed_data.txt.gz": "4e04b0a6f439978198cc6f09f41485f0d4a56b8e4408a29902915e2d3706c941",
    "GSE109379_series_matrix.txt.gz": "b72d27c0238d08a4be0f4fcce1cf249288ebeefa9f10795858b507341c057065",
    "GSE90496_beta.txt.gz": "213bd92e6cd38c6f6cdb2e2eb80eaa3926a0ce6258afef5467048612fc9768af",
    "GSE90496_series_matrix.txt.gz": "f92d9f0e6437086e3abf1d7b63b86460308dd03c34570e65667cbe0a105c8749",
    "betas": "7cbb7e6d25a2544d616ea4702b484077ca65bbd444747b880099eb4edc65ffe7",
    "selected": "b0a6ee7baae3abbacb3d47ddd15f81b24114e61991878942ebf43d99c5612e8c",
    "m_values": "af4fe837754927a38bd4edac7e9971bd2093fb85fbd7f8c844e89a8b1c6bd5fe",
}
"""Of seed 0 at 700 probes; a change here is a change of every simulated cohort."""


def run(folder: Path, disabled: list[str]) -> dict[str, Any]:
    environment = {**os.environ, "NPY_DISABLE_CPU_FEATURES": " ".join(disabled), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-W", "ignore", "-m", "tests.cohorts.simulated", str(folder)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT, env=environment)
    result: dict[str, Any] = json.loads(done.stdout)
    return result


@pytest.mark.slow
def test_cohorts_features_and_m_values_do_not_depend_on_the_processor(tmp_path: Path) -> None:
    native = run(tmp_path / "native", [])
    plain = run(tmp_path / "plain", native["features"])
    # Else the comparison would be of one set of kernels with itself.
    assert native["features"]
    assert plain["features"] == []
    assert plain["digests"] == native["digests"]
    assert native["digests"] == KNOWN
