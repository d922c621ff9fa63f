"""Runs the validation as users do: real pytest processes, from another directory, on a small simulated cohort."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
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


Validate = Callable[..., Run]


def run_validation(place: Path, store: Path, *options: str, target: str = "validation") -> Run:
    """Runs ``pytest validation`` in ``place``, with one surrogate unless others are given."""
    given = any(option.startswith(("--surrogate", "--device")) for option in options)
    done = subprocess.run(
        [
            Path(sys.executable).with_name("pytest"),
            str(ROOT / target),
            *SMALL,
            f"--store={store}",
            *(() if given else (ONE_SURROGATE,)),
            *options,
        ],
        cwd=place,
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    report = place / "audit" / "audit.html"
    return Run(done.returncode, done.stdout + done.stderr, report.read_text() if report.exists() else "")


@pytest.fixture(scope="session")
def small_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store shared by the tests, with the builds of a run that passed."""
    place = tmp_path_factory.mktemp("validation")
    run = run_validation(place, place / "store")
    assert run.code == 0, run.output
    return place / "store"


@pytest.fixture
def validate(tmp_path: Path, small_store: Path) -> Validate:
    """Runs ``pytest validation`` with options, in an empty directory."""

    def run(*options: str, store: Path = small_store, target: str = "validation") -> Run:
        return run_validation(tmp_path, store, *options, target=target)

    return run
