"""The store: trained once, verified when read, never a wrong build."""

from __future__ import annotations

import json
import multiprocessing
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load, save

from longcon.builds import Build, BuildRequest, Campaign, Store, read_build
from longcon.builds.build import seal, write_build
from longcon.errors import BuildError, StoreError
from longcon.problems import Roster
from longcon.training import Recipe, Snapshot, Training, Trajectory

pytestmark = pytest.mark.slow

REQUEST = BuildRequest("d", Recipe(k=2), "cpu", "n", {}, "c", 1, (0,), False)


def _write(folder: Path) -> None:
    ones = np.ones((2, 2))
    one = np.ones(1)
    trajectory = Trajectory(np.ones((2, 256)), np.ones(2, dtype=np.uint64), one, one, one, one, one, one)
    training = Training({0: Snapshot({"w": ones}, ones, ones)}, (), 0, trajectory)
    roster = Roster("p", ("a", "b"), "a", ("h0", "h1"), np.array([0, 1]), ("p0", "p1"), simulated=True)
    write_build(folder, REQUEST, training, roster, fingerprint={}, settings={}, run="r", started="now", seconds=1.0)


def _slowly(root: Path, counter: Path) -> None:
    def train(folder: Path) -> None:
        with counter.open("a") as file:
            file.write("trained\n")
        time.sleep(0.5)
        _write(folder)

    Store(root, "r").obtain(REQUEST, train)


def test_processes_that_ask_at_once_get_one_training(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    asking = [context.Process(target=_slowly, args=(tmp_path / "s", tmp_path / "n")) for _ in range(4)]
    for process in asking:
        process.start()
    for process in asking:
        process.join()
    assert [process.exitcode for process in asking] == [0] * 4
    assert (tmp_path / "n").read_text() == "trained\n"


def test_a_failure_is_remembered_for_its_run_and_forgotten_in_the_next(tmp_path: Path) -> None:
    attempts: list[int] = []

    def fail(_: Path) -> None:
        attempts.append(1)
        raise BuildError("it failed.")

    for run in ("one", "one", "two"):
        with pytest.raises(BuildError, match=r"^it failed\.$"):
            Store(tmp_path, run).obtain(REQUEST, fail)
    assert len(attempts) == 2
    assert list((tmp_path / "builds").iterdir()) == []


def test_fresh_trains_again_once_in_a_run(tmp_path: Path) -> None:
    trained: list[str] = []
    for run in ("one", "two", "two", "three"):
        store = Store(tmp_path, run)

        def train(folder: Path, run: str = run) -> None:
            trained.append(run)
            _write(folder)

        store.obtain(REQUEST, train, fresh=run == "two")
    assert trained == ["one", "two"]


def _edit_manifest(build: Build) -> None:
    path = build.folder / "manifest.json"
    path.write_text(path.read_text().replace('"best_epoch": ', '"best_epoch": 1'))


def _of_another_request(build: Build) -> None:
    manifest = json.loads((build.folder / "manifest.json").read_text())
    del manifest["digest"]
    manifest["request"]["recipe"]["learning_rate"] = 0.5
    (build.folder / "manifest.json").write_bytes(seal(manifest))


def _lacking(build: Build) -> None:
    (build.folder / "manifest.json").write_text("{}")


def _unreadable(build: Build) -> None:
    (build.folder / "manifest.json").write_bytes(b"\xff\x00{")


MANIFESTS = [
    (_edit_manifest, "manifest.json was edited"),
    (_of_another_request, "manifest.json belongs to another request"),
    (_lacking, "manifest.json lacks fields or has strange ones"),
    (_unreadable, "manifest.json cannot be read (UnicodeDecodeError)"),
]
ADVICE = "restore it from a copy, or delete it or give --fresh to retrain."


@pytest.mark.parametrize(("damage", "how"), MANIFESTS, ids=[how for _, how in MANIFESTS])
def test_an_altered_manifest_is_refused(
    trained: Campaign, copied_store: Path, damage: Callable[[Build], None], how: str
) -> None:
    key = trained.build(trained.original_device, 2, 1).folder.name
    build = read_build(copied_store / "builds" / key, key)
    damage(build)
    with pytest.raises(StoreError) as error:
        read_build(build.folder, key)
    assert str(error.value) == f"Build {build.folder} was altered: {how}; {ADVICE}"


def test_a_replicate_that_is_a_copy_of_the_first_is_refused(trained: Campaign, copied_store: Path) -> None:
    first, second = (trained.build(trained.original_device, 2, replicate).folder.name for replicate in (1, 2))
    shutil.rmtree(copied_store / "builds" / second)
    shutil.copytree(copied_store / "builds" / first, copied_store / "builds" / second)
    with pytest.raises(StoreError, match=r"was altered: manifest\.json belongs to another request;"):
        read_build(copied_store / "builds" / second, second)


def _one_ulp(build: Build, name: str) -> None:
    path = build.folder / name
    tensors = load(path.read_bytes())
    tensors["0.weight"][3, 7] = np.nextafter(tensors["0.weight"][3, 7], 9)
    path.write_bytes(save(tensors))


def _truncate(build: Build, name: str) -> None:
    path = build.folder / name
    path.write_bytes(path.read_bytes()[:-1])


def _swap(build: Build, name: str) -> None:
    path = build.folder / name
    path.write_bytes((build.folder / "state-0000.safetensors").read_bytes())


@pytest.mark.parametrize("damage", [_one_ulp, _truncate, _swap])
def test_bytes_that_are_not_those_of_the_manifest_are_refused(
    trained: Campaign, copied_store: Path, damage: Callable[[Build, str], None]
) -> None:
    key = trained.build(trained.original_device, 2, 1).folder.name
    build = read_build(copied_store / "builds" / key, key)
    build.state(5)
    damage(build, "state-0005.safetensors")
    with pytest.raises(StoreError) as error:
        build.state(5)
    assert str(error.value) == (
        f"Build {build.folder} was altered: the bytes of state-0005.safetensors are not those of its manifest; {ADVICE}"
    )
