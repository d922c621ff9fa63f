"""Runs the validation as users do, from another directory, on a small simulated cohort."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.pytest_process import PytestProcess
from tests.small_store import ONE_SURROGATE, ROOT, SMALL, Run, run_validation, shared_store

__all__ = ["ONE_SURROGATE", "ROOT", "SMALL", "Run", "Validate", "run_validation"]

Validate = Callable[..., Run]


@pytest.fixture(scope="session")
def small_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store shared by the tests, with the builds of a run that passed."""
    return shared_store(tmp_path_factory)


@pytest.fixture(scope="session")
def process() -> Iterator[PytestProcess]:
    """Runs pytest for all tests of this worker."""
    process = PytestProcess()
    yield process
    process.close()


@pytest.fixture
def validate(tmp_path: Path, small_store: Path, process: PytestProcess) -> Validate:
    """Runs ``pytest validation`` with options, in an empty directory."""

    def run(*options: str, store: Path = small_store, target: str = "validation") -> Run:
        return run_validation(process, tmp_path, store, *options, target=target)

    return run
