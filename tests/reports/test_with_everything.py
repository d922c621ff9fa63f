"""A run in which everything goes wrong: its audit is whole, agrees with itself, and lists what it must."""

from __future__ import annotations

import json
from pathlib import Path

from longcon.audit import publish, verify
from longcon.builds import Campaign
from longcon.problems import ProblemData
from reports.audit import audit_of
from reports.page import log_of
from tests.reports.browser.logs import PYTEST_HTML
from tests.reports.runs import with_everything


def test_it_agrees_with_itself(trained: Campaign, problem: ProblemData, tmp_path: Path) -> None:
    run = with_everything(trained, problem)
    files = audit_of(run, log_of(PYTEST_HTML), None)
    publish(tmp_path / "audit", files)
    found = verify(tmp_path / "audit")
    assert (found.findings, found.decision) == ((), "not released, FAIL")
    evidence = json.loads(files["evidence.json"])
    assert evidence["discordant"]
    first = evidence["discordant"][0]
    assert [made["device"] for made in first["builds"]] == ["cpu", "cpu+order:1"]
    assert first["builds"][0]["call"] != first["builds"][1]["call"]
    assert min(made["score"] for made in first["builds"]) >= first["tau"]
    outcomes = {case["key"]: case["outcome"] for case in evidence["cases"]}
    assert outcomes["LC-PQ-01[cpu+order:1-k2]"] == "test failed"
    assert outcomes["LC-OQ-05[run]"] == "not decided"
    assert outcomes["LC-OQ-01[cpu+order:1-k2]"] == "not run"
    assert (tmp_path / "audit" / "audit.html").stat().st_size < 1_000_000
