"""The benchmark of faults: what it prints, and that it would count a reader that looks at nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.injected import corruptions
from benchmarks.injected.corruptions import Damage, Damaged, corrupted
from benchmarks.injected.tally import Tally
from longcon.draws import Draws
from longcon.errors import StoreError

ROOT = Path(__file__).parents[2]
COUNTS = ("tried", "survived", "detected", "lost", "wrong")


@pytest.mark.slow
def test_nothing_is_lost_or_wrong_and_the_last_line_sums_up() -> None:
    command = [sys.executable, "benchmarks/faults.py", "--json", "--kills=6", "--corruptions=60", "--seed=5"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    *lines, last = map(json.loads, done.stdout.splitlines())
    assert {line["fault"] for line in lines} >= {"kill -9 while training", "bit flips", "archive: truncations"}
    assert all(set(line) == {"fault", *COUNTS, "seconds"} for line in lines)
    assert {name: last[name] for name in COUNTS} == {name: sum(line[name] for line in lines) for name in COUNTS}
    assert (last["fault"], last["seed"], last["lost"], last["wrong"]) == ("all", 5, 0, 0)
    assert last["survived"] + last["detected"] == last["tried"] >= 80


def _refusing(file: Path) -> Callable[[], object]:
    written = file.read_bytes()

    def read() -> object:
        if file.read_bytes() != written:
            raise StoreError("The file was altered: restore it.")
        return written

    return read


def _bare(file: Path) -> Callable[[], object]:
    return lambda: json.loads(file.read_bytes())["a"]


READERS: dict[str, tuple[Callable[[Path], Callable[[], object]], str]] = {
    "refuses": (_refusing, "detected"),
    "looks at nothing": (lambda file: file.read_bytes, "wrong"),
    "is not prepared": (_bare, "lost"),
}


@pytest.mark.parametrize("how", READERS)
@pytest.mark.parametrize("damage", [corruptions.truncation, corruptions.bit_flip], ids=["truncation", "bit flip"])
def test_a_reader_is_seen_through(tmp_path: Path, how: str, damage: Damage) -> None:
    reader, fate = READERS[how]
    file, content = tmp_path / "file", b'{"a": "b"}'
    file.write_bytes(content)
    damaged = Damaged({"file": content}, {}, 1, Draws(0, "a test"))
    tally = corrupted("kind", 40, tmp_path, damaged, damage, reader(file))
    assert tally.tried == 40
    assert getattr(tally, fate) > 20
    assert len(tally.told) == tally.lost + tally.wrong
    assert file.read_bytes() == content


def test_a_kind_is_told_as_one_line() -> None:
    tally = Tally("kind")
    tally.add("survived", count=3)
    tally.add("wrong", "done so")
    other = Tally("kind")
    other.add("lost", "done otherwise")
    tally.merge(other)
    told = json.loads(tally.line())
    assert {name: told[name] for name in COUNTS} == {"tried": 5, "survived": 3, "detected": 0, "lost": 1, "wrong": 1}
    assert tally.told == ["kind, wrong: done so", "kind, lost: done otherwise"]
