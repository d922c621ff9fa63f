"""The version of the code: any change of a source file that can decide a build's bits is another version."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def _version(folder: Path) -> str:
    code = "from longcon.source import code_version; print(code_version())"
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("changed", "another"),
    [("training/loop.py", True), ("source.py", True), ("figures/style.py", False), ("checks/calls.py", False)],
)
def test_a_changed_line_is_another_version_where_builds_are_made(tmp_path: Path, changed: str, another: bool) -> None:
    shutil.copytree(ROOT / "longcon", tmp_path / "longcon", ignore=shutil.ignore_patterns("__pycache__"))
    before = _version(tmp_path)
    assert before == _version(tmp_path)
    with (tmp_path / "longcon" / changed).open("a") as file:
        file.write("# one more line\n")
    assert (_version(tmp_path) != before) is another
