"""A run that has ended, and the audit that was made of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from longcon.audit import publish
from longcon.builds import Campaign
from longcon.problems import ProblemData
from reports.audit import audit_of
from reports.record import Run
from tests.reports.runs import run_of


@pytest.fixture(scope="session")
def run(trained: Campaign, problem: ProblemData) -> Run:
    """A run in which every requirement was met."""
    return run_of(trained, problem)


@pytest.fixture(scope="session")
def files(run: Run) -> dict[str, bytes]:
    """The files of its audit."""
    return audit_of(run, None, b"<testsuites/>")


@pytest.fixture
def audit(files: dict[str, bytes], tmp_path: Path) -> Path:
    """Its audit, in a folder to do damage to."""
    publish(tmp_path / "audit", files)
    return tmp_path / "audit"
