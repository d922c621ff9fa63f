"""``python -m longcon search`` as users run it, on a small simulated cohort, and what it refuses."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from longcon.__main__ import main
from longcon.builds import read_build
from longcon.protocol import read_protocol

SMALL = ("--features=60", "--epochs=4", "--grid=2")
FILES = ["heat-map.pdf", "heat-map.svg", "points.csv", "protocol.toml"]


@dataclass(frozen=True)
class Searched:
    """A finished search, its points as the table has them."""

    out: Path
    store: Path
    printed: str
    points: list[dict[str, str]]


def _search(capsys: pytest.CaptureFixture[str], out: Path, store: Path, *options: str) -> Searched:
    capsys.readouterr()
    assert main(["search", f"--out={out}", f"--store={store}", *SMALL, *options]) == 0
    with (out / "points.csv").open(encoding="utf-8", newline="") as file:
        return Searched(out, store, capsys.readouterr().out, list(csv.DictReader(file)))


@pytest.mark.slow
def test_how_many_run_at_once_changes_no_bit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A search one by one, and one of three at a time, in stores of their own: the same bytes, builds and all."""
    one = _search(capsys, tmp_path / "one", tmp_path / "store one", "--jobs=1")
    three = _search(capsys, tmp_path / "three", tmp_path / "store three", "--jobs=3")
    assert sorted(path.name for path in one.out.iterdir()) == FILES
    for name in FILES:
        assert (one.out / name).read_bytes() == (three.out / name).read_bytes()
    keys = [point["build"] for point in one.points]
    assert len(set(keys)) == 4
    for key in keys:
        first, second = (read_build(found.store / "builds" / key, key) for found in (one, three))
        assert first.manifest["files"] == second.manifest["files"]


@pytest.mark.slow
def test_the_protocol_holds_the_winner_with_its_epoch(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = _search(capsys, tmp_path / "out", tmp_path / "store", "--k=8")
    errors = [(float(point["error"]), int(point["epoch"]), row) for row, point in enumerate(found.points)]
    best = found.points[min(errors)[2]]
    assert [point["chosen"] for point in found.points] == [str(int(point is best)) for point in found.points]
    protocol = read_protocol(found.out / "protocol.toml")
    choice = protocol.recipe
    assert (choice.learning_rate, choice.weight_decay) == (float(best["learning_rate"]), float(best["weight_decay"]))
    assert (choice.release_epoch, choice.epochs, choice.k) == (int(best["epoch"]), 4, (8,))
    assert protocol.problem.features == 60
    # The error is that of the build, epoch by epoch, and its state at the best epoch is kept.
    build = read_build(found.store / "builds" / best["build"], best["build"])
    history = [entry["holdout_error"] for entry in build.manifest["history"]]
    assert float(best["error"]) == min(history)
    assert build.epochs == (int(best["epoch"]),)
    assert np.isclose(float(best["error"]) * int(best["holdout"]), int(best["wrong"]))
    assert f"released at epoch {best['epoch']}; the least of 4 points' errors at full recall: " in found.printed
    caption = (
        "Least error at full recall on 87 hold-out cases, in per cent, and below it the epoch that reached it, for "
        "k = 8. Thick frame: the chosen point, "
    )
    assert caption in (found.out / "heat-map.svg").read_text(encoding="utf-8")
    capsys.readouterr()
    assert main(["search", f"--out={found.out}", f"--store={found.store}", *SMALL]) == 4
    assert capsys.readouterr().err == (
        f"ERROR: {found.out / 'protocol.toml'} is there already, and a protocol is not overwritten: give another "
        "--out.\n"
    )


@pytest.mark.slow
def test_repeatability_is_asked_of_the_best_points(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = _search(
        capsys, tmp_path / "out", tmp_path / "store", "--repeatable", "--surrogate=order:1", "--low=-6", "--high=-5"
    )
    rivals = [point for point in found.points if point["sine"]]
    errors = [float(point["error"]) for point in found.points]
    limit = min(errors) + np.sqrt(min(errors) * (1 - min(errors)) / 87)
    assert [float(point["error"]) <= limit for point in found.points] == [bool(point["sine"]) for point in found.points]
    assert len(rivals) > 1
    for point in rivals:
        assert 0 < float(point["sine"]) < 1e-10
        assert float(point["epochs_together"]) == 4.0
    chosen = next(point for point in found.points if point["chosen"] == "1")
    assert float(chosen["sine"]) == min(float(point["sine"]) for point in rivals)
    assert f"of {len(rivals)} points within one standard error of the least error, the one whose rebuilds" in (
        found.printed
    )


@pytest.mark.slow
def test_a_search_that_was_killed_goes_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = [f"--store={tmp_path / 'store'}", *SMALL, "--jobs=1"]
    killed = subprocess.Popen(
        [sys.executable, "-m", "longcon", "search", f"--out={tmp_path / 'killed'}", *options],
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    builds = tmp_path / "store" / "builds"
    while len([path for path in builds.glob("*") if not path.name.startswith(".")]) < 2:
        assert killed.poll() is None
        time.sleep(0.01)
    os.killpg(killed.pid, signal.SIGKILL)
    killed.wait()
    kept = {path.name: (path / "manifest.json").read_bytes() for path in builds.glob("[!.]*")}
    assert list((tmp_path / "killed").iterdir()) == []
    found = _search(capsys, tmp_path / "out", tmp_path / "store", "--jobs=1")
    # What was there is as it was, and was not trained again.
    for name, manifest in kept.items():
        assert (builds / name / "manifest.json").read_bytes() == manifest
    fresh = _search(capsys, tmp_path / "fresh", tmp_path / "another store", "--jobs=2")
    for name in FILES:
        assert (found.out / name).read_bytes() == (fresh.out / name).read_bytes()


@pytest.mark.slow
def test_what_is_hopeless_is_stopped_and_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ("--epochs=8", "--low=-6", "--high=0", "--stop-hopeless")
    found = _search(capsys, tmp_path / "out", tmp_path / "store", *options)
    stopped = [point for point in found.points if point["stopped"]]
    assert stopped
    assert {(point["stopped"], point["epochs_trained"]) for point in stopped} == {("3 standard errors behind", "2")}
    assert {point["epochs_trained"] for point in found.points if not point["stopped"]} == {"8"}
    told = (
        f"{len(stopped)} of 4 points were trained for 2 epochs only, as hopeless after these: one of them might have "
        "won in the end."
    )
    assert told in found.printed
    assert f"# {told}\n" in (found.out / "protocol.toml").read_text(encoding="utf-8")
    again = json.loads(_search(capsys, tmp_path / "json", tmp_path / "store", *options, "--json").printed)
    assert again["may_differ"] is True
    assert again["looked_at"] == 2
    assert [bool(point["stopped"]) for point in again["points"]] == [bool(point["stopped"]) for point in found.points]


@pytest.mark.slow
def test_a_point_that_leads_out_of_all_numbers_stops_no_other(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = _search(capsys, tmp_path / "out", tmp_path / "store", "--low=-6", "--high=290")
    failed = [point for point in found.points if point["failure"]]
    assert failed
    assert len(failed) < 4
    assert {(point["error"], point["epoch"], point["build"]) for point in failed} == {("", "", "")}
    assert "Training became non-finite in epoch 1: lower --learning-rate or use --dtype=float64." in found.printed


REFUSED = {
    "--grid=0": "--grid is 0, but must be at least 1: give --grid=1 or more.",
    "--low=-1": "the grid runs from exp(-1) to exp(-2): give --low a smaller number than --high.",
    "--low=x": "--low is 'x', which is not a number: give one such as 0.01.",
    "--k=0": "k is 0, but a minibatch holds at least 1 case: give --k=1 or more.",
    "--k=1 --k=2": "k is 1, 2, but search takes one recipe: give one --k.",
    "--k=x": "--k is 'x', which is not a whole number: give one such as 2.",
    "--device=gpu": "Device 'gpu' is unknown - did you mean 'cpu'?: give cpu, cuda, cuda:N, all or imported.",
    "--device=imported": "--device=imported: search trains its builds itself: give a device of this machine.",
    "--learning-rate=1": "Option '--learning-rate' is unknown: python -m longcon search --help lists them.",
    "--out=": "--out is empty, as an unset variable leaves it: give a folder or leave it out.",
    "--store=": "--store is empty, as an unset variable leaves it: give a folder or leave it out.",
    "--problem=nobody.py": "problem 'nobody.py' is unknown - did you mean 'nobody.py:NAME'?: give gbm, "
    "path/to/file.py:NAME or package.module:NAME.",
    "--repeatable --stop-hopeless": "--repeatable was given beside --stop-hopeless, but the least errors of stopped "
    "points are not known: leave one of them out.",
}


@pytest.mark.parametrize("given", REFUSED)
def test_a_mistake_is_one_sentence(
    given: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["search", *given.split()]) == 4
    assert capsys.readouterr().err == f"ERROR: {REFUSED[given]}\n"
    assert list(tmp_path.rglob("protocol.toml")) == []


def test_a_command_is_not_searched(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "protocol.toml"
    file.write_text(
        '[protocol]\ntitle = "t"\nversion = "1"\nintended_use = "u"\n'
        '[problem]\ntrain = "python train.py --out {out}"\ncases = "cases.csv"\ntarget = "a"\n',
        encoding="utf-8",
    )
    assert main(["search", f"--protocol={file}", f"--out={tmp_path / 'out'}"]) == 4
    assert capsys.readouterr().err == (
        f"ERROR: {file}, [problem] train: a command trains by itself, and search trains by recipes: name a problem in "
        "its place.\n"
    )


@pytest.mark.slow
def test_where_nothing_changes_a_bit_nothing_is_called_repeatable(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--repeatable", "--surrogate=none", f"--out={tmp_path / 'out'}", f"--store={tmp_path / 'store'}"]
    assert main(["search", *SMALL, "--grid=1", *options]) == 1
    assert capsys.readouterr().err.splitlines()[-1] == (
        "ERROR: Of no other device, nothing changes a bit of the arithmetic of cpu, so it cannot be told what is "
        "repeatable: give another --surrogate, such as order:1."
    )
    assert not (tmp_path / "out" / "protocol.toml").exists()
