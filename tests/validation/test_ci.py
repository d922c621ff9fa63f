"""The examples for CI: both agree on the gate, which releases a clean commit and refuses a changed one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from longcon.builds import Store
from longcon.problems import GbmProblem
from longcon.protocol import template
from tests.git import commit_all
from tests.small_store import copied
from tests.validation.conftest import ROOT

pytestmark = pytest.mark.slow
EXAMPLES = ROOT / "docs" / "ci"


def _github() -> list[dict[str, Any]]:
    example = yaml.safe_load((EXAMPLES / "github.yml").read_text(encoding="utf-8"))
    return list(example["jobs"]["gate"]["steps"])


def _gate_of_github() -> str:
    (gate,) = (step["run"] for step in _github() if step.get("name") == "gate")
    return str(gate)


def _gitlab() -> dict[str, Any]:
    return dict(yaml.safe_load((EXAMPLES / "gitlab.yml").read_text(encoding="utf-8"))["release-gate"])


def _without_operator(command: str) -> str:
    return command.partition(" --operator=")[0]


def test_both_ask_the_same_of_a_release() -> None:
    (script,) = _gitlab()["script"]
    assert _without_operator(script) == _without_operator(_gate_of_github())
    assert "--release" in script
    (install,) = (step["run"] for step in _github() if step.get("name") == "install")
    assert [line.removeprefix("python -m venv") for line in install.splitlines()] == [
        line.removeprefix("python -m venv") for line in _gitlab()["before_script"]
    ]


def test_both_keep_the_audit_of_a_refused_release_too() -> None:
    (audit,) = (step for step in _github() if step.get("name") == "audit")
    assert (audit["if"], audit["with"]["path"]) == ("always()", "audit/")
    artifacts = _gitlab()["artifacts"]
    assert (artifacts["when"], artifacts["paths"]) == ("always", ["audit/"])
    assert artifacts["reports"]["junit"] == "audit/junit.xml"


@pytest.fixture
def clone(tmp_path: Path, small_store: Path) -> Path:
    """A commit of everything that git holds or would hold, with a small protocol and the builds that it asks for."""
    listed = subprocess.run(
        ["git", "-C", ROOT, "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        check=True,
        capture_output=True,
        text=True,
    )
    folder = tmp_path / "clone"
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    copied(small_store, folder / ".longcon")
    (folder / "protocol.toml").write_text(_protocol(folder / ".longcon"), encoding="utf-8")
    commit_all(folder)
    (folder / ".git" / "info" / "exclude").write_text(".venv\n")
    (folder / ".venv").symlink_to(sys.prefix, target_is_directory=True)
    return folder


def _protocol(store: Path) -> str:
    data = GbmProblem(300, store / "cohorts", None, 0).data(lambda *_: None)
    text = template()
    for old, new in (
        ("features = 5000", "features = 300"),
        ("epochs = 64", "epochs = 6"),
        ('surrogates = "by device"', 'surrogates = ["order:1"]'),
        ('digest = "none"', f'digest = "{Store(store, "r").put_data(data)}"'),
    ):
        assert old in text
        text = text.replace(old, new, 1)
    return text


def _run(clone: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-e", "-c", _gate_of_github()],
        cwd=clone,
        env={**os.environ, "GITHUB_ACTOR": "octocat", "PYTHONPATH": str(clone)},
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )


def test_the_gate_releases_a_clean_commit_and_refuses_a_changed_one(clone: Path) -> None:
    released = _run(clone)
    assert released.returncode == 0, released.stdout
    assert "release: released." in released.stdout
    assert (clone / "audit" / "audit.html").is_file()
    (clone / "conftest.py").write_text((clone / "conftest.py").read_text() + "# changed\n")
    refused = _run(clone)
    assert refused.returncode == 1
    assert "release: not released: 1 reason." in refused.stdout
    assert (
        "stands against a release: the checkout is not clean, 1 file is not as committed (conftest.py): "
        "commit or remove the changes." in refused.stdout
    )
