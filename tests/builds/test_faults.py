"""Disks that are full or may not be written, and clocks that jump: a clear message, an intact store, the same bits."""

from __future__ import annotations

import ast
import multiprocessing
import os
import resource
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from benchmarks.injected.reading import trained as everything_trained
from benchmarks.injected.training import SmallTraining
from longcon.builds import Build, Store
from longcon.builds import worker as training_process
from longcon.errors import LongconError, StoreError
from longcon.problems import ProblemData
from longcon.training import Recipe

pytestmark = pytest.mark.slow

EPOCHS = 6
ROOT = Path(__file__).parents[2]
ADVICE = "make room or rights there, or give another --store."
SPACE = f"could not be written (No space left on device): {ADVICE}"


@pytest.fixture(scope="module")
def training(problem: ProblemData) -> SmallTraining:
    return SmallTraining(problem, Recipe(k=8, epochs=EPOCHS, widths=(8, 4)), record=(0, 1, EPOCHS))


@pytest.fixture(scope="module")
def uncut(tmp_path_factory: pytest.TempPathFactory, training: SmallTraining) -> dict[str, object]:
    return everything_trained(training.obtain(tmp_path_factory.mktemp("uncut")))


def _is_intact(root: Path, *builds: Build) -> bool:
    """Whether a store holds whole builds and nothing beside them."""
    left = [path.name for part in ("builds", "data") for path in (root / part).glob(".*")]
    return left == [] and {path.name for path in (root / "builds").iterdir()} == {each.folder.name for each in builds}


@dataclass
class Disk:
    """A small disk of its own."""

    place: Path

    @property
    def store(self) -> Path:
        """Where a store is on it."""
        return self.place / "store"

    def fill(self) -> None:
        """Leaves no room on it."""
        with (self.place / "ballast").open("ab", buffering=0) as file:
            for size in (1 << 12, 1):
                while _writes(file.write, bytes(size)):
                    pass

    def empty(self) -> None:
        """Leaves room on it again."""
        (self.place / "ballast").unlink()

    def remount(self, options: str) -> None:
        """Changes how it may be used."""
        subprocess.run(["mount", "-o", f"remount,{options}", str(self.place)], check=True)


def _writes(write: Callable[[bytes], object], content: bytes) -> bool:
    try:
        write(content)
    except OSError:
        return False
    return True


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=4m", "longcon-test", str(place)]
    if shutil.which("mount") is None or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("a disk of its own needs the right to mount one")
    yield Disk(place)
    subprocess.run(["umount", "--lazy", place], check=True)


def _refused(attempt: Callable[[], object]) -> str:
    with pytest.raises(StoreError) as error:
        attempt()
    return str(error.value)


def test_a_full_disk_refuses_a_new_store(disk: Disk, training: SmallTraining, uncut: dict[str, object]) -> None:
    disk.fill()
    assert _refused(lambda: Store(disk.store, "run")) == f"{disk.store} {SPACE}"
    disk.empty()
    build = training.obtain(disk.store)
    assert everything_trained(build) == uncut
    assert _is_intact(disk.store, build)
    assert list(disk.store.glob(".*")) == []


def test_a_disk_that_is_full_when_the_data_is_kept(disk: Disk, training: SmallTraining) -> None:
    store = Store(disk.store, "run")
    disk.fill()
    path = store.data_path(training.request.data)
    assert _refused(lambda: store.put_data(training.data)) == f"{path} {SPACE}"
    disk.empty()
    assert list((disk.store / "data").iterdir()) == []
    assert store.put_data(training.data) == training.request.data


@dataclass(frozen=True)
class Fills:
    """Fills a disk after an epoch, makes room after another one, and keeps the notes."""

    disk: Disk
    after: int
    until: int
    notes: list[str]

    def __call__(self, **message: object) -> None:
        if message.get("epoch") == self.after:
            self.disk.fill()
        if message.get("epoch") == self.until:
            self.disk.empty()
        if "note" in message:
            self.notes.append(str(message["note"]))


def test_a_disk_that_is_full_in_the_middle_ends_no_training(
    disk: Disk, training: SmallTraining, uncut: dict[str, object]
) -> None:
    filling = Fills(disk, 1, EPOCHS, [])
    build = replace(training, told=filling).obtain(disk.store)
    path = Store(disk.store, "run").checkpoint_path(training.request.key)
    assert filling.notes == [f"Training goes on without checkpoints. {path} {SPACE}"]
    assert everything_trained(build) == uncut
    assert _is_intact(disk.store, build)
    assert list((disk.store / "checkpoints").iterdir()) == []


def test_a_disk_that_is_full_when_the_build_is_written(
    disk: Disk, training: SmallTraining, uncut: dict[str, object]
) -> None:
    filling = Fills(disk, EPOCHS, 0, [])
    text = _refused(lambda: replace(training, told=filling).obtain(disk.store))
    assert text.startswith(f"{disk.store / 'builds'}/.{training.request.key}.")
    assert text.endswith(f".safetensors {SPACE}")
    assert _is_intact(disk.store)
    disk.empty()
    build = training.obtain(disk.store)
    assert len(build.resumed_at) == 1
    assert everything_trained(build) == uncut
    assert _is_intact(disk.store, build)


def test_a_disk_that_is_full_when_the_build_is_put_in_its_place(
    disk: Disk, training: SmallTraining, uncut: dict[str, object]
) -> None:
    """Names take no room here, but the note of the run does; the checkpoint that is done with makes some."""
    store = Store(disk.store, "run")
    store.put_data(training.data)

    def train(folder: Path) -> None:
        training.train(store, folder)
        disk.fill()

    build = store.obtain(training.request, train)
    assert everything_trained(build) == uncut
    assert _is_intact(disk.store, build)


def test_a_disk_that_may_no_longer_be_written(disk: Disk, training: SmallTraining, uncut: dict[str, object]) -> None:
    build = training.obtain(disk.store)
    disk.remount("ro")
    assert _refused(lambda: Store(disk.store, "run")) == (
        f"{disk.store} could not be written (Read-only file system): {ADVICE}"
    )
    disk.remount("rw")
    assert everything_trained(training.obtain(disk.store)) == uncut
    assert _is_intact(disk.store, build)


def _in_its_own_process(what: Callable[[], object]) -> str:
    """Returns what an error of longcon said in a process that does something; nothing where there was none."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.builds.test_faults"])
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
    assert _is_intact(root)
    build = training.obtain(root)
    assert len(build.resumed_at) == (where == "builds")
    assert everything_trained(build) == uncut
    assert _is_intact(root, build)


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
    assert _is_intact(root, build)


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
    assert _is_intact(tmp_path, build)


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
