"""Where the tests of validation/ and the catalogue disagree, nothing is run: one sentence each, exit code 4."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from longcon.requirements import CATALOGUE
from tests.validation.conftest import ROOT

pytestmark = pytest.mark.slow

STRANGE = """
import pytest

def test_unmarked(): ...

@pytest.mark.requirement("LC-PQ-99")
def test_unknown(case): ...

@pytest.mark.requirement
def test_named_nothing(): ...
"""
IDS = ", ".join(entry.id for entry in CATALOGUE)
STRANGE_ERRORS = [
    "ERROR: validation/oq/test_strange.py::test_unmarked decides no requirement, so nothing would come of it: mark it "
    f'with @pytest.mark.requirement("ID"), one of {IDS}.',
    "ERROR: validation/oq/test_strange.py::test_unknown decides 'LC-PQ-99', which is not in the catalogue - did you "
    f"mean 'LC-PQ-09'?: give one of {IDS}.",
    "ERROR: validation/oq/test_strange.py::test_named_nothing decides no requirement, so nothing would come of it: "
    f'mark it with @pytest.mark.requirement("ID"), one of {IDS}.',
]
UNCOVERED = [
    f"ERROR: {name} of the catalogue is decided by no test: mark one in validation/ with "
    f'@pytest.mark.requirement("{name}").'
    for name in (entry.id for entry in CATALOGUE if entry.id.startswith("LC-IQ"))
]
# One process for all, since most of its time goes into the import of torch.
DRIVER = """
import contextlib, io, json, os, pathlib, sys, pytest

def run(*arguments):
    told = io.StringIO()
    with contextlib.redirect_stdout(told), contextlib.redirect_stderr(told):
        code = pytest.main(["-p", "no:cacheprovider", *arguments])
    return int(code), told.getvalue()

strange = pathlib.Path("validation/oq/test_strange.py")
strange.write_text(os.environ["LONGCON_STRANGE"])
found = {
    "listed": run("validation/oq", "--collect-only", "-k", "initial"),
    "workers": run("validation", "-n", "1", "--features=60", "--epochs=2"),
}
strange.unlink()
found["part"] = run("validation/pq", "--collect-only")
pathlib.Path("validation/iq/test_installation.py").unlink()
found["uncovered"] = run("validation", "--collect-only")
json.dump(found, sys.stdout)
"""


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of everything that pytest collects, to add to and to take from."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in ("validation", "fixtures", "reports"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("conftest.py", "pytest.ini"):
        shutil.copy(ROOT / name, folder)
    (folder / "longcon").symlink_to(ROOT / "longcon")
    return folder


@pytest.fixture(scope="module")
def found(checkout: Path) -> dict[str, tuple[int, str]]:
    """Exit code and output of every run."""
    done = subprocess.run(
        [sys.executable, "-c", DRIVER],
        cwd=checkout,
        env={**os.environ, "PYTHONPATH": str(checkout), "LONGCON_STRANGE": STRANGE},
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    return {name: (code, output) for name, (code, output) in json.loads(done.stdout).items()}


def _errors(output: str) -> list[str]:
    assert "Traceback" not in output
    return [line for line in output.splitlines() if line.startswith("ERROR: ")]


@pytest.mark.parametrize(("run", "errors"), [("listed", STRANGE_ERRORS), ("uncovered", UNCOVERED)])
def test_a_disagreement_is_one_sentence(found: dict[str, tuple[int, str]], run: str, errors: list[str]) -> None:
    code, output = found[run]
    assert (code, _errors(output)) == (4, errors)


def test_with_workers_nothing_is_trained_either(found: dict[str, tuple[int, str]], checkout: Path) -> None:
    code, output = found["workers"]
    assert (code, _errors(output)) == (4, STRANGE_ERRORS)
    assert "verdict: " not in output
    assert (checkout / ".longcon").is_dir()
    assert not list(checkout.glob(".longcon/builds/*"))


def test_a_part_of_the_validation_is_not_asked_for_the_rest(found: dict[str, tuple[int, str]]) -> None:
    code, output = found["part"]
    assert (code, _errors(output)) == (0, [])
    assert "Tests were listed and nothing was decided." in output
