"""The audit that a run leaves: complete, verified, replaced only where it is longcon's own."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from longcon.audit import verify
from longcon.audit.page import sentences_of
from longcon.audit.recount import contradictions
from tests.validation.conftest import ONE_SURROGATE, ROOT, Validate

pytestmark = pytest.mark.slow
PLAIN = {"MANIFEST.sha256", "audit.html", "discordant-cases.csv", "evidence.json", "figures", "junit.xml"}


def test_it_is_whole_and_says_what_the_terminal_says(validate: Validate, tmp_path: Path) -> None:
    run = validate("-n", "2", "--operator=A. Technician", f"--html={tmp_path}/copy.html")
    assert run.code == 0, run.output
    audit = tmp_path / "audit"
    assert {path.name for path in audit.iterdir()} == PLAIN
    found = verify(audit)
    assert found.findings == ()
    evidence = json.loads((audit / "evidence.json").read_bytes())
    assert run.verdict == f"verdict: {evidence['verdict']['sentence']}"
    assert f"release: {evidence['decision']['sentence']}" in run.output.splitlines()
    assert sentences_of((audit / "audit.html").read_bytes())["verdict-sentence"] == [evidence["verdict"]["sentence"]]
    assert f"audit: {audit} (manifest: SHA-256 {found.manifest})" in run.output.splitlines()
    assert evidence["run"]["operator"] == "A. Technician"
    assert (tmp_path / "copy.html").read_bytes() == (audit / "audit.html").read_bytes()
    assert sum(path.stat().st_size for path in audit.rglob("*")) < 5_000_000
    assert b"LC-PQ-03" in (audit / "junit.xml").read_bytes()
    assert "longcon-" not in run.output.replace("longcon-audit", "")
    again = validate("--junitxml=audit/junit.xml")
    assert again.code == 0, again.output
    assert verify(audit).findings == ()


def test_another_place_and_a_failed_run(validate: Validate, tmp_path: Path) -> None:
    run = validate("--audit=elsewhere/of/it", "--p=1")
    assert run.code == 1
    found = verify(tmp_path / "elsewhere" / "of" / "it")
    assert (found.findings, found.decision) == ((), "provisional - not for signature, FAIL")
    assert not (tmp_path / "audit").exists()


def test_an_earlier_audit_does_not_outlive_a_run_that_ends_without_one(validate: Validate, tmp_path: Path) -> None:
    assert validate().code == 0
    assert validate("--k=two").code == 4
    assert verify(tmp_path / "audit").findings == ()
    assert validate(f"--data={tmp_path}/none").code == 4
    assert not (tmp_path / "audit").exists()


def test_every_decision_follows_from_its_measurement(validate: Validate, tmp_path: Path) -> None:
    assert validate().code == 0
    evidence = json.loads((tmp_path / "audit" / "evidence.json").read_bytes())
    assert list(contradictions(evidence)) == []
    decided = [case for case in evidence["cases"] if case["gating"] and case["limit"] is not None]
    assert {case["requirement"] for case in decided} >= {"LC-IQ-03", "LC-OQ-04", "LC-OQ-06", "LC-PQ-03"}
    for case in decided:
        others = [other for other in evidence["cases"] if other is not case]
        forged = {**evidence, "cases": [*others, {**case, "ok": not case["ok"]}]}
        assert any(text.startswith(f"{case['key']} measured ") for text in contradictions(forged)), case["key"]


def test_an_interrupted_run_leaves_a_whole_audit_that_says_so(tmp_path: Path) -> None:
    pytest_of_this = Path(sys.executable).with_name("pytest")
    # Where these tests run in the background, children would be told to ignore an interrupt.
    heard = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    piped: dict[str, Any] = {
        "stdout": subprocess.PIPE,
        "stderr": subprocess.STDOUT,
        "text": True,
        "preexec_fn": heard,
    }
    command: list[str | Path] = [pytest_of_this, ROOT / "validation", "--features=300", "--epochs=400"]
    with subprocess.Popen([*command, ONE_SURROGATE], cwd=tmp_path, **piped) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if "builds ready" in line:
                break
        process.send_signal(signal.SIGINT)
        output = process.stdout.read()
    assert process.returncode == 2, output
    evidence = json.loads((tmp_path / "audit" / "evidence.json").read_bytes())
    assert (evidence["run"]["interrupted"], evidence["verdict"]["word"]) == (True, "INCOMPLETE")
    assert verify(tmp_path / "audit").findings == ()


def test_a_run_of_nothing_leaves_an_audit_that_shows_nothing(validate: Validate, tmp_path: Path) -> None:
    run = validate("-k", "nothing_has_this_name")
    assert run.code == 1
    assert verify(tmp_path / "audit").findings == ()
    evidence = json.loads((tmp_path / "audit" / "evidence.json").read_bytes())
    assert (evidence["verdict"]["word"], evidence["builds"], evidence["figures"]) == ("INCOMPLETE", [], [])
    assert len(evidence["undrawn"]) == 5


def test_a_discordance_is_listed_with_both_scores(validate: Validate, tmp_path: Path) -> None:
    run = validate("--k=1", "--learning-rate=0.03", "--release-epoch=last", "--sine-tolerance=1e-300")
    evidence = json.loads((tmp_path / "audit" / "evidence.json").read_bytes())
    assert verify(tmp_path / "audit").findings == (), run.output
    counted = [case["details"]["discordant"] for case in evidence["cases"] if "discordant" in case["details"]]
    assert len(evidence["discordant"]) == sum(counted)
