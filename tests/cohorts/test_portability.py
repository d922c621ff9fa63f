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


KNOWN: dict[str, str] = {}
