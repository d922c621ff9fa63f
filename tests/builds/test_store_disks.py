"""Disks that are full or may no longer be written: a clear message, an intact store, the same bits."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from benchmarks.injected.reading import trained as everything_trained
from benchmarks.injected.training import SmallTraining
from longcon.builds import Store
from longcon.errors import StoreError
from tests.builds.full_disk import disk_of
from tests.builds.intact_stores import ADVICE, is_intact

pytestmark = pytest.mark.slow

SPACE = f"could not be written (No space left on device): {ADVICE}"


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
    with disk_of(4, tmp_path / "disk") as place:
        yield Disk(place)


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
    assert is_intact(disk.store, build)
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
    filling = Fills(disk, 1, training.recipe.epochs, [])
    build = replace(training, told=filling).obtain(disk.store)
    path = Store(disk.store, "run").checkpoint_path(training.request.key)
    assert filling.notes == [f"Training goes on without checkpoints. {path} {SPACE}"]
    assert everything_trained(build) == uncut
    assert is_intact(disk.store, build)
    assert list((disk.store / "checkpoints").iterdir()) == []


def test_a_disk_that_is_full_when_the_build_is_written(
    disk: Disk, training: SmallTraining, uncut: dict[str, object]
) -> None:
    filling = Fills(disk, training.recipe.epochs, 0, [])
    text = _refused(lambda: replace(training, told=filling).obtain(disk.store))
    assert text.startswith(f"{disk.store / 'builds'}/.{training.request.key}.")
    assert text.endswith(f".safetensors {SPACE}")
    assert is_intact(disk.store)
    disk.empty()
    build = training.obtain(disk.store)
    assert len(build.resumed_at) == 1
    assert everything_trained(build) == uncut
    assert is_intact(disk.store, build)


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
    assert is_intact(disk.store, build)


def test_a_disk_that_may_no_longer_be_written(disk: Disk, training: SmallTraining, uncut: dict[str, object]) -> None:
    build = training.obtain(disk.store)
    disk.remount("ro")
    assert _refused(lambda: Store(disk.store, "run")) == (
        f"{disk.store} could not be written (Read-only file system): {ADVICE}"
    )
    disk.remount("rw")
    assert everything_trained(training.obtain(disk.store)) == uncut
    assert is_intact(disk.store, build)
