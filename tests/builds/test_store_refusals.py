"""Files and folders that the system refuses to write: a clear message, an intact store, the same bits."""

from __future__ import annotations

import multiprocessing
import os
import resource
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from benchmarks.injected.reading import trained as everything_trained
from benchmarks.injected.training import SmallTraining
from longcon.builds import Store
from longcon.errors import LongconError
from tests.builds.intact_stores import ADVICE, is_intact

pytestmark = pytest.mark.slow


def _in_its_own_process(what: Callable[[], object]) -> str:
    """Returns what an error of longcon said in a process that does something; nothing where there was none."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.builds.test_store_refusals"])
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_tell, args=(what, theirs))
    process.start()
    theirs.close()
    try:
        return str(ours.recv())
    finally:
        process.join()


def _tell(what: Callable[[], object], answer: Any) -> None:
    try:
        what()
    except LongconError as error:
        answer.send(str(error))
    else:
        answer.send("")


@dataclass(frozen=True)
class Limited:
    """Trains where files may have so many bytes, which the kernel refuses as it does where a disk is full."""

    training: SmallTraining
    root: Path
    most: int

    def __call__(self) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (self.most, self.most))
        self.training.obtain(self.root)


# In bytes: less than the data has, or than the trajectory, but more than the first checkpoint.
@pytest.mark.parametrize(("most", "where"), [(1 << 10, "data"), (1 << 16, "builds")])
def test_a_file_that_the_system_refuses(
    tmp_path: Path, training: SmallTraining, uncut: dict[str, object], most: int, where: str
) -> None:
    root = tmp_path / "store"
    text = _in_its_own_process(Limited(training, root, most))
    assert text.startswith(f"{root / where}/")
    assert text.endswith(f" could not be written (File too large): {ADVICE}")
    assert is_intact(root)
    build = training.obtain(root)
    assert len(build.resumed_at) == (where == "builds")
    assert everything_trained(build) == uncut
    assert is_intact(root, build)


@dataclass(frozen=True)
class Unprivileged:
    """Does something to a store as a user whom rights bind."""

    root: Path
    training: SmallTraining

    def __call__(self) -> None:
        if os.geteuid() == 0:
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
        self.training.obtain(self.root)


@pytest.fixture
def public() -> Iterator[Path]:
    """A folder that everyone may look into."""
    with tempfile.TemporaryDirectory() as place:
        Path(place).chmod(0o755)
        yield Path(place)


def _everyone_may_write(root: Path) -> None:
    for path in (root, *root.rglob("*")):
        path.chmod(0o777 if path.is_dir() else 0o666)


@pytest.mark.parametrize("part", ["", "builds", "data", "locks"])
def test_a_store_without_rights(public: Path, training: SmallTraining, uncut: dict[str, object], part: str) -> None:
    """As a whole or in a part; a lock is a file too."""
    root = public / "store"
    digest = Store(root, "run").put_data(training.data)
    if part == "data":
        Store(root, "run").data_path(digest).unlink()
    _everyone_may_write(root)
    (root / part).chmod(0o555)
    text = _in_its_own_process(Unprivileged(root, training))
    named = {"": root, "data": Store(root, "run").data_path(digest), "builds": root / "builds" / training.request.key}
    assert text == f"{named.get(part, root / part)} could not be written (Permission denied): {ADVICE}"
    (root / part).chmod(0o777)
    build = training.obtain(root)
    assert everything_trained(build) == uncut
    assert is_intact(root, build)
