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
from longcon.builds.build_writer import seal, write_build
from longcon.builds.provenance import Provenance, write_provenance
from longcon.errors import BuildError, StoreError
from longcon.problems import ProblemData, Roster
from longcon.training import Recipe, Snapshot, Training, Trajectory

pytestmark = pytest.mark.slow

REQUEST = BuildRequest("d", Recipe(k=2), "cpu", "n", {}, "c", 1, (0,), False)


def _write(folder: Path) -> None:
    ones = np.ones((2, 2))
    one = np.ones(1)
    trajectory = Trajectory(np.ones((2, 256)), np.ones(2, dtype=np.uint64), one, one, one, one, one, one)
    training = Training({0: Snapshot({"w": ones}, ones, ones)}, (), 0, trajectory)
    roster = Roster("p", ("a", "b"), "a", ("h0", "h1"), np.array([0, 1]), ("p0", "p1"), simulated=True)
    write_build(
        folder,
        REQUEST,
        training,
        roster,
        fingerprint={},
        settings={},
        run="r",
        started="2026-01-01T00:00:00+00:00",
        seconds=1.0,
    )


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


def _is_lost(_: Path) -> None:
    pytest.fail("the build was to be trained again")


def test_a_build_beside_its_place_is_put_there_again(tmp_path: Path) -> None:
    """A kill between the two renames of a replacement leaves the place empty, and both builds whole."""
    store = Store(tmp_path, "r")
    built = store.obtain(REQUEST, _write)
    checkpoint = store.checkpoint_path(REQUEST.key)
    checkpoint.parent.mkdir()
    checkpoint.write_bytes(b"of the training that was finished")
    shutil.copytree(built.folder, built.folder.with_name(f".{REQUEST.key}.1"))
    built.folder.rename(built.folder.with_name(f".{REQUEST.key}.2"))
    assert store.obtain(REQUEST, _is_lost).manifest == built.manifest
    assert [path.name for path in (tmp_path / "builds").iterdir()] == [REQUEST.key]
    assert list((tmp_path / "checkpoints").iterdir()) == []


@pytest.mark.parametrize("damage", ["scores.safetensors", "manifest.json"])
def test_a_build_that_was_being_written_is_not(tmp_path: Path, damage: str) -> None:
    store, trained = Store(tmp_path, "r"), list[Path]()
    built = store.obtain(REQUEST, _write)
    aside = built.folder.rename(built.folder.with_name(f".{REQUEST.key}.1"))
    (aside / damage).unlink()

    def train(folder: Path) -> None:
        trained.append(folder)
        _write(folder)

    assert store.obtain(REQUEST, train).manifest["files"] == built.manifest["files"]
    assert len(trained) == 1
    assert [path.name for path in (tmp_path / "builds").iterdir()] == [REQUEST.key]


def test_a_fresh_training_that_is_killed_has_replaced_nothing(tmp_path: Path) -> None:
    built = Store(tmp_path, "r").obtain(REQUEST, _write)
    built.folder.rename(built.folder.with_name(f".{REQUEST.key}.1"))

    def killed(_: Path) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Store(tmp_path, "s").obtain(REQUEST, killed, fresh=True)
    assert Store(tmp_path, "t").obtain(REQUEST, _is_lost).manifest == built.manifest


def test_data_that_was_damaged_is_written_anew(tmp_path: Path, problem: ProblemData) -> None:
    store = Store(tmp_path, "r")
    digest = store.put_data(problem)
    path = store.data_path(digest)
    written = path.read_bytes()
    path.write_bytes(written[:-1])
    path.with_name(f".{path.name}.0123").write_bytes(b"half")
    assert store.put_data(problem) == digest
    assert path.read_bytes() == written
    assert [file.name for file in path.parent.iterdir()] == [path.name]


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


def test_an_imported_build_is_neither_taken_for_this_machines_nor_replaced(tmp_path: Path) -> None:
    store = Store(tmp_path, "r")
    store.obtain(REQUEST, _write)
    write_provenance(tmp_path, REQUEST.key, Provenance("site-b", "a" * 64, "2026-01-01T00:00:00Z"))
    for fresh in (False, True):
        with pytest.raises(StoreError) as error:
            store.obtain(REQUEST, _write, fresh=fresh)
        assert str(error.value) == (
            f"Build {REQUEST.key} ({REQUEST.title}) was imported from site-b, and this machine computes as that one "
            "does, so it is not trained here: give another --store, or leave this device out."
        )
    assert [build.title for build in store.imported()] == ["k=2 float64 on cpu@site-b, replicate 1"]


def test_a_released_reference_is_not_trained_again(tmp_path: Path) -> None:
    store = Store(tmp_path, "r", reference=REQUEST.key)
    store.obtain(REQUEST, _write)
    (tmp_path / "references").mkdir()
    (tmp_path / "references" / f"{REQUEST.key}.json").touch()
    with pytest.raises(StoreError) as error:
        store.obtain(REQUEST, _write, fresh=True)
    assert str(error.value) == (
        f"Build {REQUEST.key} ({REQUEST.title}) is a released reference and is not trained again: leave out --fresh, "
        "or give another --store."
    )
    assert store.read(REQUEST.key).device == "cpu@reference"
