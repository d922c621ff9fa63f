"""python -m longcon verify: its words and its exit codes."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from longcon.__main__ import main
from longcon.audit import publish
from tests.reports.conftest import audit, files, run

__all__ = ["audit", "files", "run"]

MISTAKES = [
    ([], "No folder was given: give that of an audit, python -m longcon verify audit."),
    (["a", "b"], "'b' is no option of python -m longcon verify: give options as --name=value."),
    ([""], "FOLDER is empty, as an unset variable leaves it: give a folder or leave it out."),
]


@pytest.mark.parametrize(("arguments", "sentence"), MISTAKES, ids=["nothing", "two", "empty"])
def test_a_mistake_is_one_sentence(arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", *arguments]) == 4
    assert capsys.readouterr() == ("", f"ERROR: {sentence}\n")


def test_a_folder_that_is_no_audit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(tmp_path)]) == 4
    assert capsys.readouterr().err == (
        f"ERROR: {tmp_path} is no audit, its MANIFEST.sha256 is not there: "
        "give the folder of an audit, such as audit.\n"
    )


def test_an_audit_as_it_was_written(audit: Path, files: dict[str, bytes], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(audit)]) == 0
    digest = hashlib.sha256((audit / "MANIFEST.sha256").read_bytes()).hexdigest()
    assert capsys.readouterr() == (
        f"manifest: SHA-256 {digest}\nunchanged: {len(files)} files, provisional - not for signature, PASS\n",
        "",
    )


def test_an_audit_that_was_changed(
    audit: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (audit / "junit.xml").write_text("")
    (audit / "note.txt").write_text("")
    monkeypatch.chdir(audit.parent)
    assert main(["verify", "audit"]) == 1
    told = capsys.readouterr().out.splitlines()
    assert told[:2] == ["changed: junit.xml is not as it was written.", "added: note.txt."]
    assert told[-1] == f"changed since it was written: 2 findings in {audit}"


def test_an_audit_without_evidence_says_what_it_lacks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    publish(tmp_path / "audit", {"audit.html": b""})
    assert main(["verify", str(tmp_path / "audit")]) == 1
    assert "changed: MANIFEST.sha256 does not name evidence.json.\n" in capsys.readouterr().out
