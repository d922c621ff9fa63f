"""Altered Parquet, read in a process of its own: what it does to the memory must not end, or alter, another test."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cohorts.fuzz import VARIABLE

ROOT = Path(__file__).parents[2]
TESTS = ("tests/cohorts/test_table_parquet.py", "tests/builds/test_command_tables_fuzz.py")


@pytest.mark.slow
@pytest.mark.parametrize("file", TESTS)
def test_altered_parquet_is_refused_or_read_rightly(file: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "altered or parquet", str(ROOT / file)],
        cwd=ROOT,
        env={**os.environ, VARIABLE: "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout
    assert " passed" in ended.stdout
    assert "skipped" not in ended.stdout
