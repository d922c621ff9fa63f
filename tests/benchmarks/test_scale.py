"""The benchmark of scale: what it prints, and that its sum follows from its lines."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_the_sum_follows_from_the_searches() -> None:
    command = [sys.executable, "benchmarks/scale.py", "--json", "--features=40", "--epochs=1", "--grid=2"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    alone, one, two, last = map(json.loads, done.stdout.splitlines())
    assert [(run["points"], run["workers"]) for run in (alone, one, two)] == [(1, 1), (4, 1), (4, 2)]
    for run in (alone, one, two):
        spent = run["wall_s"] - run["first_s"]
        assert run["builds_per_hour"] == pytest.approx(3600 * run["points"] / spent)
        assert run["overhead_per_build_s"] == pytest.approx(spent * run["workers"] / run["points"] - run["training_s"])
    assert last["parallel_efficiency"] == pytest.approx(two["builds_per_hour"] / (2 * one["builds_per_hour"]))
    assert last["cost_of_points"] == pytest.approx(one["wall_s"] / (4 * alone["wall_s"]))
    assert last["overhead_per_build_s"] == one["overhead_per_build_s"]
