"""A process that runs pytest again and again on a clone, since most of a run's time goes into the import of torch."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from tests.git import commit_all, git
from tests.pytest_process import PytestProcess
from tests.small_store import ONE_SURROGATE, ROOT, SMALL, Run

_PARTS = ("conftest.py", "pytest.ini", "pyproject.toml", "constraints.txt", ".gitignore")
_PACKAGES = ("longcon", "fixtures", "reports", "validation")
# Gives every run the identifier that its store knows, so that a device's fingerprint is taken once.
_ONE_RUN = """
import dataclasses, os, pytest

@pytest.hookimpl(trylast=True)
def pytest_configure(config):
    from fixtures.options import SETTINGS
    if SETTINGS in config.stash:
        config.stash[SETTINGS] = dataclasses.replace(config.stash[SETTINGS], run=os.environ["PLANTED_RUN"])
"""


class Driver:
    """Runs ``pytest validation`` in a clone of what is tested, committed as a laboratory would commit it.

    Args:
        place: an empty folder for the clone.
    """

    def __init__(self, place: Path) -> None:
        self.clone, self._plugins = place / "clone", place / "plugins"
        self._plugins.mkdir()
        (self._plugins / "planted_run.py").write_text(_ONE_RUN)
        self._variables = {"PYTHONPATH": str(self.clone), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        self._process = PytestProcess(environment=self._variables)

    @cached_property
    def commit(self) -> Path:
        """The clone, made when it is first asked for."""
        clone = self.clone
        for name in _PACKAGES:
            shutil.copytree(ROOT / name, clone / name, ignore=shutil.ignore_patterns("__pycache__"))
        for name in _PARTS:
            shutil.copy(ROOT / name, clone)
        commit_all(clone)
        return clone

    def git(self, *arguments: str) -> None:
        """Runs git in the clone."""
        git(self.clone, *arguments)

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
        arguments = [
            str(self.commit / target),
            *SMALL,
            ONE_SURROGATE,
            f"--store={store}",
            f"--html={html}",
            "--jobs=2",
            "-p",
            "no:cacheprovider",
            "-p",
            "planted_run",
            *options,
        ]
        process = PytestProcess(python, self._variables) if python else self._process
        path = [str(store.parent), str(self._plugins)]
        code, output = process.run(self.commit, arguments, {"PLANTED_RUN": run, **(environment or {})}, path)
        if python:
            process.close()
        return Run(code, output, html.read_text() if html.exists() else "")

    def close(self) -> None:
        """Ends the process."""
        self._process.close()
