"""A process that runs pytest again and again on a clone, since most of a run's time goes into the import of torch."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from tests.small_store import ONE_SURROGATE, ROOT, SMALL, Run

_PARTS = ("conftest.py", "pytest.ini", "pyproject.toml", "constraints.txt", ".gitignore")
_PACKAGES = ("longcon", "fixtures", "reports", "validation")
# Reads a job a line, {"arguments": [...], "environment": {...}, "place": "...", "run": "..."}; answers code and output.
_PROGRAM = """
import contextlib, dataclasses, io, json, os, sys
import pytest

answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)

class OneRun:
    def __init__(self, run): self.run = run

    @pytest.hookimpl(trylast=True)
    def pytest_configure(self, config):
        from fixtures.options import SETTINGS
        if SETTINGS in config.stash:
            config.stash[SETTINGS] = dataclasses.replace(config.stash[SETTINGS], run=self.run)

for line in sys.stdin:
    job = json.loads(line)
    before = dict(os.environ)
    os.environ.update(job["environment"])
    told = io.StringIO()
    modules = set(sys.modules)
    sys.path.insert(0, job["place"])
    with contextlib.redirect_stdout(told), contextlib.redirect_stderr(told):
        code = pytest.main(job["arguments"], plugins=[OneRun(job["run"])])
    for name in set(sys.modules) - modules:
        if name.startswith("planted_") or name.endswith("conftest"):
            del sys.modules[name]
    sys.path.remove(job["place"])
    os.environ.clear()
    os.environ.update(before)
    print(json.dumps([int(code), told.getvalue()]), file=answers, flush=True)
"""


class Driver:
    """Runs ``pytest validation`` in a clone of what is tested, committed as a laboratory would commit it.

    Args:
        place: an empty folder for the clone.
    """

    def __init__(self, place: Path) -> None:
        self.clone = place / "clone"
        self._process: subprocess.Popen[str] | None = None

    @cached_property
    def commit(self) -> Path:
        """The clone, made when it is first asked for."""
        clone = self.clone
        for name in _PACKAGES:
            shutil.copytree(ROOT / name, clone / name, ignore=shutil.ignore_patterns("__pycache__"))
        for name in _PARTS:
            shutil.copy(ROOT / name, clone)
        self.git("init", "--quiet")
        self.git("add", ".")
        self.git("-c", "user.name=n", "-c", "user.email=e@x", "commit", "--quiet", "-m", "release candidate")
        return clone

    def git(self, *arguments: str) -> None:
        """Runs git in the clone."""
        subprocess.run(["git", "-C", self.clone, *arguments], check=True, capture_output=True)

    def restore(self) -> None:
        """Makes the clone what it was committed as."""
        self.git("reset", "--quiet", "--hard")
        self.git("clean", "--quiet", "-fd")

    def run(
        self,
        store: Path,
        *options: str,
        target: str = "validation",
        environment: Mapping[str, str] | None = None,
        run: str = "planted",
        python: tuple[str, ...] = (),
    ) -> Run:
        """Returns a finished run.

        Args:
            store: of its builds.
            options: of pytest; the recipe is that of the small store.
            target: what is run.
            environment: variables to set.
            run: identifier of the run.
            python: options of an interpreter of its own, started for this run alone.
        """
        html = store.parent / "audit" / "audit.html"
        job = {
            "arguments": [
                str(self.commit / target),
                *SMALL,
                ONE_SURROGATE,
                f"--store={store}",
                f"--html={html}",
                "--jobs=2",
                "-p",
                "no:cacheprovider",
                *options,
            ],
            "environment": dict(environment or {}),
            "place": str(store.parent),
            "run": run,
        }
        if python:
            own = self._start(*python)
            told, _ = own.communicate(json.dumps(job) + "\n", timeout=300)
        else:
            if self._process is None:
                self._process = self._start()
            assert self._process.stdin
            assert self._process.stdout
            print(json.dumps(job), file=self._process.stdin, flush=True)
            told = self._process.stdout.readline()
        code, output = json.loads(told)
        return Run(code, output, html.read_text() if html.exists() else "")

    def close(self) -> None:
        """Ends the process."""
        if self._process is not None and self._process.stdin:
            self._process.stdin.close()
            self._process.wait()

    def _start(self, *python: str) -> subprocess.Popen[Any]:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
        return subprocess.Popen(
            [sys.executable, *python, "-c", _PROGRAM],
            cwd=self.commit,
            env={**environment, "PYTHONPATH": str(self.commit), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
