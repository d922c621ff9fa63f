"""Progress on standard error: a count of builds, and an estimate that knows which builds cost more."""

from __future__ import annotations

import pytest

from longcon.builds import BuildEvent
from longcon.commands.progress import Progress


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that have passed, to be set by the test."""
    now = [1000.0]
    monkeypatch.setattr("longcon.commands.progress.time.monotonic", lambda: now[0])
    return now


def test_the_estimate_weighs_builds_by_their_work(clock: list[float], capsys: pytest.CaptureFixture[str]) -> None:
    shown = Progress({"long": 300.0, "short": 100.0, "stored": 500.0})
    shown.building(BuildEvent("stored", 10, 10, trained=False))
    shown.building(BuildEvent("short", 0, 10, trained=True))
    clock[0] += 20
    shown.building(BuildEvent("short", 10, 10, trained=True))
    clock[0] += 4000
    shown.building(BuildEvent("long", 10, 10, trained=True))
    shown.done()
    assert capsys.readouterr().err.splitlines() == [
        "longcon: 1 of 3 builds ready; stored: epoch 10 of 10",
        "longcon: 2 of 3 builds ready; short: epoch 10 of 10; about 1 min 0 s left",
        "longcon: 3 of 3 builds ready; long: epoch 10 of 10; about 0 s left",
        "longcon: all 3 builds are there, 2 of them trained in 1 h 7 min",
    ]


def test_too_little_work_tells_no_pace(clock: list[float], capsys: pytest.CaptureFixture[str]) -> None:
    shown = Progress({"one": 1.0})
    shown.building(BuildEvent("one", 0, 100, trained=True))
    for epoch in (1, 2):
        clock[0] += 30
        shown.building(BuildEvent("one", epoch, 100, trained=True))
    assert capsys.readouterr().err.splitlines() == [
        "longcon: 0 of 1 builds ready; one: epoch 0 of 100",
        "longcon: 0 of 1 builds ready; one: epoch 1 of 100",
        "longcon: 0 of 1 builds ready; one: epoch 2 of 100; about 49 min 0 s left",
    ]


def test_a_line_at_most_every_ten_seconds(clock: list[float], capsys: pytest.CaptureFixture[str]) -> None:
    shown = Progress({"one": 1.0})
    for epoch in range(1, 31):
        clock[0] += 1
        shown.building(BuildEvent("one", epoch, 64, trained=True))
    assert [line.split(";")[1] for line in capsys.readouterr().err.splitlines()] == [
        " one: epoch 1 of 64",
        " one: epoch 11 of 64",
        " one: epoch 21 of 64",
    ]


def test_builds_of_the_store_are_no_work(capsys: pytest.CaptureFixture[str]) -> None:
    shown = Progress({"one": 1.0})
    shown.building(BuildEvent("one", 64, 64, trained=False))
    shown.done()
    assert capsys.readouterr().err.splitlines()[-1] == "longcon: all 1 builds are there"


def test_reading_shows_its_share(capsys: pytest.CaptureFixture[str]) -> None:
    shown = Progress({})
    shown.reading("reading GSE90496", 50, 200)
    shown.reading("reading GSE90496", 60, 200)
    shown.reading("reading GSE90496", 200, 200)
    assert capsys.readouterr().err.splitlines() == [
        "longcon: reading GSE90496: 25%",
        "longcon: reading GSE90496: 100%",
    ]


def test_a_note_is_a_line_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    Progress({"one": 1.0}).building(BuildEvent("one", 0, 5, trained=True, note="Build one begins anew."))
    assert "longcon: Build one begins anew." in capsys.readouterr().err.splitlines()
