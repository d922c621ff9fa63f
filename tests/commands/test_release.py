"""`longcon release`: what it marks, what it says of the audit behind it, and when it marks nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from longcon.__main__ import main
from longcon.audit import publish
from longcon.builds import Campaign, read_build, read_reference
from longcon.problems import ProblemData
from reports.audit import audit_of
from tests.commands.shelf import names_in, shelve
from tests.reports.runs import run_of

Captured = pytest.CaptureFixture[str]


def test_a_build_is_marked_and_the_mark_says_that_no_audit_stands_behind_it(tmp_path: Path, capsys: Captured) -> None:
    key = shelve(tmp_path)
    path = tmp_path / "references" / f"{key}.json"
    assert main(["release", key[:6], f"--store={tmp_path}"]) == 0
    assert capsys.readouterr() == (
        f"{key} k=2 float64 on cpu, replicate 1: is marked as the reference, released epoch 1, tau 0.6000\n"
        "no audit stands behind it: give --audit=FOLDER of a run with --release to have one\n"
        f"{path}\n",
        "",
    )
    said = json.loads(path.read_bytes())
    assert {name: said[name] for name in ("build", "epoch", "tau", "target", "operator", "audit")} == {
        "build": key,
        "epoch": 1,
        "tau": 0.6,
        "target": "a",
        "operator": "not stated",
        "audit": None,
    }


def test_an_audit_that_released_the_build(
    trained: Campaign, copied_store: Path, problem: ProblemData, tmp_path: Path, capsys: Captured
) -> None:
    audit = tmp_path / "audit"
    digest = publish(audit, audit_of(run_of(trained, problem, for_release=True), None, b"<testsuites/>"))
    original = trained.build(trained.original_device, 2, 1)
    options = [f"--store={copied_store}", f"--audit={audit}", "--operator= A. Technician "]
    assert main(["release", original.folder.name, *options]) == 0
    out = capsys.readouterr().out
    assert f"\naudit: SHA-256 {digest}, unchanged, and released this build\n" in out
    build = read_build(copied_store / "builds" / original.folder.name, original.folder.name)
    reference = read_reference(copied_store, build)
    assert (reference.audit, reference.operator, reference.epoch) == (digest, "A. Technician", original.best_epoch)
    assert main(["list", f"--store={copied_store}"]) == 0
    marks = {line[:12]: line.split("  ")[-1] for line in capsys.readouterr().out.splitlines()[1:]}
    assert marks.pop(original.folder.name[:12]) == "reference"
    assert len(marks) >= 3
    assert set(marks.values()) == {"-"}


def test_where_the_audit_does_not_stand_behind_it_nothing_is_marked(
    trained: Campaign, copied_store: Path, problem: ProblemData, tmp_path: Path, capsys: Captured
) -> None:
    audit, original = tmp_path / "audit", trained.build(trained.original_device, 2, 1)
    publish(audit, audit_of(run_of(trained, problem), None, b"<testsuites/>"))
    before = names_in(copied_store)
    assert main(["release", original.folder.name, f"--store={copied_store}", f"--audit={audit}"]) == 4
    assert capsys.readouterr() == (
        "",
        f"ERROR: The audit {audit} says 'provisional - not for signature': give that of a run with --release that "
        "released this build.\n",
    )
    assert names_in(copied_store) == before


def test_marked_again(tmp_path: Path, capsys: Captured) -> None:
    key = shelve(tmp_path)
    path = tmp_path / "references" / f"{key}.json"
    assert main(["release", key, f"--store={tmp_path}"]) == 0
    content = path.read_bytes()
    capsys.readouterr()
    assert main(["release", key, f"--store={tmp_path}"]) == 0
    said = json.loads(content)["marked"]
    moment = f"{said[:10]} {said[11:19]} UTC"
    assert capsys.readouterr().out.startswith(
        f"{key} k=2 float64 on cpu, replicate 1: was marked so already, {moment}, released epoch 1, tau 0.6000\n"
    )
    assert main(["release", key, f"--store={tmp_path}", "--epoch=2"]) == 4
    assert capsys.readouterr() == (
        "",
        f"ERROR: Build {key} (k=2 float64 on cpu, replicate 1) is marked otherwise (epoch 1, now 2): delete {path} to "
        "mark it anew.\n",
    )
    assert path.read_bytes() == content


def test_a_mistake_is_one_sentence(tmp_path: Path, capsys: Captured) -> None:
    key, replicate = shelve(tmp_path), shelve(tmp_path, replicate=2, seconds=1.5)
    mistakes = {
        (): "No build was given: give one of the store, python -m longcon release 1f2e --audit=audit.",
        (replicate,): (
            f"Build {replicate} (k=2 float64 on cpu, replicate 2) is replicate 2, trained to be compared: release an "
            "original build."
        ),
        (key, "--epoch=3"): (f"Build {key} (k=2 float64 on cpu, replicate 1) keeps no epoch 3: give one of 0, 1, 2."),
        (key, "--epoch=0"): "--epoch is 0, but must be at least 1: give --epoch=1 or more.",
        (key, "--operator= "): (
            "--operator is ' ': give a name of one line and at most 200 characters, or leave it out."
        ),
        (key, f"--audit={tmp_path / 'none'}"): (
            f"{tmp_path / 'none'} is no folder: give that of an audit, such as audit."
        ),
    }
    before = names_in(tmp_path)
    for arguments, sentence in mistakes.items():
        assert main(["release", *arguments, f"--store={tmp_path}"]) == 4
        assert capsys.readouterr() == ("", f"ERROR: {sentence}\n")
        assert not (tmp_path / "references").exists()
    assert before <= names_in(tmp_path)


def test_without_a_cut_off_nothing_is_marked(tmp_path: Path, capsys: Captured) -> None:
    key = shelve(tmp_path, holdout=(0.1, 0.2, 0.9, 0.8))
    assert main(["release", key, f"--store={tmp_path}"]) == 1
    assert capsys.readouterr().err.startswith("ERROR: No cut-off has precision 1 on the hold-out, since case 2")
    assert not (tmp_path / "references").exists()


def test_an_altered_build_is_not_marked(tmp_path: Path, capsys: Captured) -> None:
    key = shelve(tmp_path)
    (tmp_path / "builds" / key / "state-0000.safetensors").write_bytes(b"")
    assert main(["release", key, f"--store={tmp_path}"]) == 4
    assert "was altered: state-0000.safetensors has other bytes" in capsys.readouterr().err
    assert not (tmp_path / "references").exists()
