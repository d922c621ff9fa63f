"""Clocks that jump: the same bits, as the time of day is noted and decides nothing."""

from __future__ import annotations

import ast
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from benchmarks.injected.reading import trained as everything_trained
from benchmarks.injected.training import SmallTraining
from longcon.builds import worker as training_process
from tests.builds.intact_stores import is_intact

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]


class _Jumping(datetime):
    """A clock that was put back by a day, and then on by ten years, each time it is read."""

    reads = 0

    @classmethod
    def now(cls, tz: Any = None) -> Any:
        cls.reads += 1
        return datetime.now(tz) + (timedelta(days=-1) if cls.reads % 2 else timedelta(days=3652))


def test_a_clock_that_jumps_changes_no_build(
    tmp_path: Path, training: SmallTraining, uncut: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is read for what the manifest says of the training's start, and for nothing else."""
    real, reads = time.time, list[float]()

    def jumping() -> float:
        reads.append(real() + (-86_400 if len(reads) % 2 else 3652 * 86_400))
        return reads[-1]

    class _EndedError(Exception):
        pass

    def end(**message: object) -> None:
        if message.get("epoch") == 3:
            raise _EndedError

    monkeypatch.setattr(training_process, "datetime", _Jumping)
    monkeypatch.setattr(time, "time", jumping)
    monkeypatch.setattr(time, "time_ns", lambda: int(jumping() * 1e9))
    with pytest.raises(_EndedError):
        replace(training, told=end).obtain(tmp_path)
    build = training.obtain(tmp_path, run="another")
    monkeypatch.undo()
    assert _Jumping.reads == 2
    assert abs(datetime.fromisoformat(build.manifest["started"]) - datetime.now(UTC)) > timedelta(hours=23)
    assert len(build.resumed_at) == 1
    assert everything_trained(build) == uncut
    assert is_intact(tmp_path, build)


# Where the time of day is read, each time to be noted and for nothing else.
NOTED = {
    "longcon/builds/command_runner.py",
    "longcon/builds/worker.py",
    "longcon/commands/import_.py",
    "longcon/commands/release.py",
    "reports/plugin.py",
}


def _reads_the_time_of_day(source: str) -> bool:
    read = {("time", "time"), ("time", "time_ns"), ("datetime", "now"), ("datetime", "utcnow"), ("date", "today")}
    return any(
        isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and (node.value.id, node.attr) in read
        for node in ast.walk(ast.parse(source))
    )


def test_nothing_else_reads_the_time_of_day() -> None:
    places = [path for part in ("longcon", "fixtures", "reports", "validation") for path in (ROOT / part).rglob("*.py")]
    reading = {path for path in places if _reads_the_time_of_day(path.read_text(encoding="utf-8"))}
    assert {path.relative_to(ROOT).as_posix() for path in reading} <= NOTED
