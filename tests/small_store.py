"""A validation of a few seconds, run as users run it, and a store with its builds that all tests share."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
from filelock import FileLock

from tests.pytest_process import PytestProcess

ROOT = Path(__file__).parents[1]
SMALL = ("--features=300", "--epochs=6")
ONE_SURROGATE = "--surrogate=order:1"


@dataclass(frozen=True)
class Run:
    """A finished run: exit code, what was printed, and the HTML report if there is one."""

    code: int
    output: str
    report: str

    @property
    def verdict(self) -> str:
        """The last verdict that was printed."""
        return [line for line in self.output.splitlines() if line.startswith("verdict: ")][-1]

    @property
    def error(self) -> str:
        """The sentence of a usage error."""
        return next(line for line in self.output.splitlines() if line.startswith("ERROR: ")).removeprefix("ERROR: ")


def run_validation(process: PytestProcess, place: Path, store: Path, *options: str, target: str = "validation") -> Run:
    """Runs ``pytest validation`` in ``place``, with one surrogate unless others are given."""
    given = any(option.startswith(("--surrogate", "--device")) for option in options)
    surrogate = () if given else (ONE_SURROGATE,)
    code, output = process.run(place, [str(ROOT / target), *SMALL, f"--store={store}", *surrogate, *options])
    report = place / "audit" / "audit.html"
    return Run(code, output, report.read_text() if report.exists() else "")


def shared_store(factory: pytest.TempPathFactory) -> Path:
    """Returns a store with the builds of a run that passed, trained once for all workers of xdist.

    They are not to be altered, nor trained anew; ``builds.txt`` beside it names their folders.
    """
    base = factory.getbasetemp()
    place = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "small-store"
    place.mkdir(exist_ok=True)
    names = place / "builds.txt"
    with FileLock(place / "lock"):
        if not names.exists():
            process = PytestProcess()
            run = run_validation(process, place, place / "store")
            process.close()
            assert run.code == 0, run.output
            names.write_text("\n".join(folder.name for folder in (place / "store" / "builds").iterdir()))
    return place / "store"


def copied(store: Path, to: Path) -> Path:
    """Copies the shared store as its first run left it; other tests may be adding builds to it meanwhile."""
    to.mkdir(parents=True)
    for name in (store.parent / "builds.txt").read_text().split():
        shutil.copytree(store / "builds" / name, to / "builds" / name)
    for name in ("data", "cohorts"):
        shutil.copytree(store / name, to / name, ignore=shutil.ignore_patterns(".*"))
    return to
