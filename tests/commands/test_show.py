"""`longcon show`: everything about one build, after all of its files were verified."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest

from longcon.__main__ import main
from longcon.builds import Campaign
from longcon.builds.provenance import Provenance, write_provenance
from tests.builds.small_builds import told_otherwise
from tests.commands.shelf import STARTED, names_in, shelve, shelve_command

Captured = pytest.CaptureFixture[str]

GOLDEN = """\
build             {key}
what              k=2 float64 on cpu, replicate 1
marks             none
recipe            arithmetic native, betas (0.9, 0.999), dtype float64, epochs 2, epsilon 1e-08, k 2, layer norm epsilon
                  1e-05, learning rate 0.004, seed 0, weight decay 0.01, widths (128, 32)
replicate         1
data              SHA-256 dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd
code              longcon cccccccccccccccccccccccccccccccc
device            cpu
numeric class     aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
machine           processor Some Processor
software          torch 2.13.0
trained           2026-01-02 03:04:05 UTC, in 1.2 s, never resumed, by run run-1
epochs kept       0, 1, 2 of 2; best 1
hold-out error    1: 0.2500, 2: 0.5000
problem           clouds
classes           2: a, b; the target is a
cases             4 of the hold-out, 5 prospective, simulated
tau               0.6000 at epoch 1, not released; it calls 2 of 2 'a' hold-out cases (recall 1.0000)
files, all as they were written
"""


def test_a_build_is_told_in_words(tmp_path: Path, capsys: Captured) -> None:
    key = shelve(tmp_path)
    before = names_in(tmp_path)
    assert main(["show", key[:8], f"--store={tmp_path}"]) == 0
    text, error = capsys.readouterr()
    assert error == ""
    golden = GOLDEN.format(key=key)
    assert text[: len(golden)] == golden
    files = [line.split() for line in text[len(golden) :].splitlines()]
    names = ["cases.json", "scores.safetensors", *(f"state-000{n}.safetensors" for n in range(3))]
    assert [line[0] for line in files] == [*names, "trajectory.safetensors"]
    for name, *_, digest in files:
        assert digest == hashlib.sha256((tmp_path / "builds" / key / name).read_bytes()).hexdigest()
    assert names_in(tmp_path) == before


def test_json_has_the_request_and_all_files(trained: Campaign, copied_store: Path, capsys: Captured) -> None:
    build = trained.build(trained.original_device, 2, 1)
    assert main(["show", build.folder.name, f"--store={copied_store}", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["request"] == build.request
    assert found["hardware"] == build.manifest["fingerprint"]["hardware"]
    assert {name: file["sha256"] for name, file in found["files"].items()} == build.manifest["files"]
    assert found["epochs_kept"] == [0, 1, 2, 4, 5]
    assert found["cases"] == {
        "classes": ["a", "b", "c", "d"],
        "target": "c",
        "holdout": 12,
        "prospective": 12,
        "simulated": True,
    }
    assert found["cutoff"]["epoch"] == build.best_epoch
    assert list(found["holdout_error"]) == ["1", "2", "3", "4", "5"]


def test_marks_are_told(tmp_path: Path, capsys: Captured) -> None:
    key = shelve(tmp_path)
    write_provenance(tmp_path, key, Provenance("site-b", "a" * 64, STARTED))
    (tmp_path / "signatures").mkdir()
    (tmp_path / "signatures" / f"{key}.json").write_bytes(b"{}")
    assert main(["release", key, f"--store={tmp_path}", "--operator=A. Technician", "--epoch=2"]) == 0
    capsys.readouterr()
    assert main(["show", key, f"--store={tmp_path}"]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert re.search(
        r"marks reference, released at epoch 2 with tau 0\.6000, marked [-\d]+ [:\d]+ UTC by A\. Technician, no audit "
        r"stands behind it; signed \(not verified here\); imported from site-b recipe",
        text,
    )
    assert "tau 0.6000 at epoch 2, which is released; it calls" in text


def test_a_command_has_no_recipe(tmp_path: Path, capsys: Captured) -> None:
    key = shelve_command(tmp_path)
    assert main(["show", key, f"--store={tmp_path}"]) == 0
    text = capsys.readouterr().out
    assert "\ncommand           python train.py --out {out}\n" in text
    assert f" problem's code command python train.py --out {{out}}, source {'5' * 64} device" in " ".join(text.split())
    assert "\nmachine           -\n" in text
    assert "\nepochs kept       1\n" in text
    assert "recipe" not in text


def test_a_build_without_a_cut_off(tmp_path: Path, capsys: Captured) -> None:
    key = shelve(tmp_path, holdout=(0.1, 0.2, 0.9, 0.8))
    assert main(["show", key, f"--store={tmp_path}"]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "tau none at epoch 1, not released: No cut-off has precision 1 on the hold-out, since case 2" in text


def test_a_build_from_before_lists_of_cases_were_kept(tmp_path: Path, capsys: Captured) -> None:
    folder = told_otherwise(
        tmp_path / "builds" / shelve(tmp_path), lambda manifest: manifest["files"].pop("cases.json")
    )
    (folder / "cases.json").unlink()
    assert main(["show", folder.name, f"--store={tmp_path}"]) == 0
    assert (
        "\ncases             not listed, since it was trained before builds kept their list: run again with --fresh\n"
        in capsys.readouterr().out
    )


def test_an_altered_build_is_not_shown(tmp_path: Path, capsys: Captured) -> None:
    key = shelve(tmp_path)
    path = tmp_path / "builds" / key / "trajectory.safetensors"
    path.write_bytes(path.read_bytes() + b"\0")
    assert main(["show", key, f"--store={tmp_path}"]) == 4
    assert capsys.readouterr() == (
        "",
        f"ERROR: Build {path.parent} was altered: trajectory.safetensors has other bytes; restore it from a copy, or "
        "delete it or give --fresh to retrain.\n",
    )


def test_a_mistake_is_one_sentence(tmp_path: Path, capsys: Captured) -> None:
    key = shelve(tmp_path)
    mistakes = {
        (): "No build was given: give one of the store, python -m longcon show 1f2e.",
        (key[:3],): f"Build '{key[:3]}' is too short to tell builds apart: give 4 letters of its key or more.",
        (key, key): f"'{key}' is no option of python -m longcon show: give options as --name=value.",
    }
    for arguments, sentence in mistakes.items():
        assert main(["show", *arguments, f"--store={tmp_path}"]) == 4
        assert capsys.readouterr() == ("", f"ERROR: {sentence}\n")
