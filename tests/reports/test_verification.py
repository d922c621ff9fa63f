"""An audit of builds that were really trained, verified as it was written and after every kind of damage."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from longcon.audit import AuditError, publish, verify
from longcon.audit.verification import EVIDENCE

Change = Callable[[dict[str, Any]], None]


def test_nothing_was_changed(audit: Path, files: dict[str, bytes]) -> None:
    found = verify(audit)
    assert found.findings == ()
    assert (found.files, found.decision) == (len(files), "provisional - not for signature, PASS")
    command = ["sha256sum", "--strict", "--quiet", "-c", "MANIFEST.sha256"]
    assert subprocess.run(command, cwd=audit, check=False).returncode == 0


def _append(name: str) -> Callable[[Path], object]:
    return lambda audit: (audit / name).write_bytes((audit / name).read_bytes() + b" ")


def _linked(audit: Path) -> None:
    (audit / "audit.html").unlink()
    (audit / "audit.html").symlink_to("evidence.json")


def _piped(audit: Path) -> None:
    (audit / "audit.html").unlink()
    os.mkfifo(audit / "audit.html")


DAMAGE: list[tuple[str, Callable[[Path], Any], list[str]]] = [
    ("page edited", _append("audit.html"), ["changed: audit.html is not as it was written."]),
    (
        "table edited",
        _append("discordant-cases.csv"),
        [
            "changed: discordant-cases.csv is not as it was written.",
            "contradiction: discordant-cases.csv does not list the discordant cases of evidence.json.",
        ],
    ),
    ("figure removed", lambda audit: (audit / "figures/scores-k2.svg").unlink(), ["missing: figures/scores-k2.svg."]),
    ("file added", lambda audit: (audit / "figures/mine.txt").write_text(""), ["added: figures/mine.txt."]),
    ("file added with a strange name", lambda audit: (audit / "a\x1b\nb").write_text(""), ["added: a\\x1b\\nb."]),
    (
        "page replaced by a link",
        _linked,
        ["changed: audit.html is a link, which was not followed."],
    ),
    (
        "folder replaced by a link",
        lambda audit: (audit / "figures").symlink_to((audit / "figures").rename(audit.parent / "f")),
        [],
    ),
    (
        "page replaced by a pipe",
        _piped,
        ["changed: audit.html is no plain file."],
    ),
    (
        "evidence without an end",
        lambda audit: (audit / EVIDENCE).write_text("{"),
        [
            "changed: evidence.json is not as it was written.",
            "unreadable: evidence.json (Expecting property name enclosed in double quotes: line 1 column 2 (char 1)).",
        ],
    ),
    (
        "evidence nested without end",
        lambda audit: (audit / EVIDENCE).write_text("[" * 100_000),
        [
            "changed: evidence.json is not as it was written.",
            "unreadable: evidence.json (it is nested deeper than any evidence).",
        ],
    ),
    (
        "a line out of the folder",
        lambda audit: (audit / "MANIFEST.sha256").write_bytes(
            b"0" * 64 + b"  ../outside\n" + (audit / "MANIFEST.sha256").read_bytes()
        ),
        ["changed: MANIFEST.sha256, line 1, names a file outside the folder."],
    ),
]


@pytest.mark.parametrize(("damage", "findings"), [d[1:] for d in DAMAGE], ids=[d[0] for d in DAMAGE])
def test_damage_is_told(audit: Path, damage: Callable[[Path], Any], findings: list[str]) -> None:
    damage(audit)
    found = list(verify(audit).findings)
    if findings:
        assert found == findings
    else:  # the same for every file below
        assert len(found) > 5
        assert "missing: figures/scores-k2.svg." in found
        assert "added: figures." in found


def _set(*path: str | int, value: object) -> Change:
    def change(evidence: dict[str, Any]) -> None:
        place: Any = evidence
        for part in path[:-1]:
            place = place[part]
        place[path[-1]] = value

    return change


def _verdict(word: str) -> Change:
    def change(evidence: dict[str, Any]) -> None:
        evidence["verdict"]["sentence"] = evidence["verdict"]["sentence"].replace("PASS", word)
        evidence["verdict"]["word"] = word

    return change


def _case(key: str, **values: object) -> Change:
    def change(evidence: dict[str, Any]) -> None:
        next(case for case in evidence["cases"] if case["key"] == key).update(values)

    return change


SINE = "LC-PQ-01[cpu+order:1-k2]"
# Each with a manifest written anew, so that only what the evidence says of itself can tell.
FORGED: list[tuple[str, Change, str]] = [
    (
        "another verdict",
        _verdict("FAIL"),
        "contradiction: evidence.json, the verdict is FAIL, but its cases give PASS.",
    ),
    (
        "a case that failed",
        _case(SINE, test="failed", ok=False, measured=1.0),
        "contradiction: evidence.json, the verdict is PASS, but its cases give FAIL.",
    ),
    (
        "a case that was not run",
        _case(SINE, test="not run", ok=None, shows=None),
        "contradiction: evidence.json, the verdict is PASS, but its cases give INCOMPLETE.",
    ),
    (
        "a measurement beyond its limit",
        _case(SINE, measured=0.5),
        f"contradiction: evidence.json, {SINE} measured 0.5 against at most {2.0**-26!r}, but says ok is True.",
    ),
    (
        "a release that was not asked for",
        _set("decision", "word", value="released"),
        "contradiction: evidence.json, the decision is 'released', but what stands against it gives "
        "'provisional - not for signature'.",
    ),
    (
        "a discordant case more",
        _case("LC-PQ-04[k2]", details={"discordant": 1}),
        "contradiction: evidence.json, LC-PQ-04[k2] counted 1 discordant cases, but 0 are listed.",
    ),
    (
        "a sentence that the page does not state",
        _set("decision", "sentence", value="provisional - not for signature: but fine."),
        "contradiction: audit.html does not state the decision of evidence.json.",
    ),
    (
        "a word that is none",
        _set("verdict", "word", value="GOOD"),
        "against its schema: evidence.json, verdict/word: 'GOOD' is not one of ['PASS', 'FAIL', 'INCOMPLETE']",
    ),
    (
        "a field more",
        _set("mood", value="good"),
        "against its schema: evidence.json, the top: Additional properties are not allowed ('mood' was unexpected)",
    ),
]


@pytest.mark.parametrize(("change", "finding"), [f[1:] for f in FORGED], ids=[f[0] for f in FORGED])
def test_evidence_that_was_forged_with_its_manifest_contradicts_itself(
    files: dict[str, bytes], tmp_path: Path, change: Change, finding: str
) -> None:
    evidence = json.loads(files[EVIDENCE])
    change(evidence)
    publish(tmp_path / "audit", {**files, EVIDENCE: json.dumps(evidence).encode()})
    assert finding in verify(tmp_path / "audit").findings


def test_a_number_that_json_does_not_have_is_refused(files: dict[str, bytes], tmp_path: Path) -> None:
    content = files[EVIDENCE].replace(b'"seconds": ', b'"seconds": NaN, "x": ', 1)
    publish(tmp_path / "audit", {**files, EVIDENCE: content})
    assert verify(tmp_path / "audit").findings == (
        "unreadable: evidence.json (it holds NaN, which is no number of JSON).",
    )


def test_a_manifest_that_leaves_out_the_evidence_is_told(files: dict[str, bytes], tmp_path: Path) -> None:
    publish(tmp_path / "audit", {name: content for name, content in files.items() if name != EVIDENCE})
    assert verify(tmp_path / "audit").findings == ("changed: MANIFEST.sha256 does not name evidence.json.",)


def test_what_is_no_audit_is_told_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(AuditError) as told:
        verify(tmp_path / "none")
    assert str(told.value) == f"{tmp_path}/none is no folder: give that of an audit, such as audit."
    with pytest.raises(AuditError) as told:
        verify(tmp_path)
    assert str(told.value) == (
        f"{tmp_path} is no audit, its MANIFEST.sha256 is not there: give the folder of an audit, such as audit."
    )
