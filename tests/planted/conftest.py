"""A bench for each defect, and one process a worker that runs the validation."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from tests.planted.bench import Bench
from tests.planted.driver import Driver
from tests.small_store import shared_store


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Keeps the threads of several workers from waiting for each other."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    """Runs the validation in a clone."""
    driver = Driver(tmp_path_factory.mktemp("planted"))
    yield driver
    driver.close()


@pytest.fixture
def bench(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, driver: Driver) -> Bench:
    """Real builds to do damage to."""
    return Bench(shared_store(tmp_path_factory), tmp_path, driver)
