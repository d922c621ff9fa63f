"""Builds from elsewhere enter a store: all or none, over nothing, also where a process is killed half-way."""

from __future__ import annotations

import io
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from longcon.builds import Store, adoption
from longcon.builds.adoption import adopt, staging
from longcon.builds.archive_reader import unpack
from longcon.builds.files import publish_folder, write_file
from longcon.errors import StoreError
from tests.builds.forged_archives import forged, members_of
from tests.builds.full_disk import room_for
from tests.builds.small_builds import names_in, small_store, tree, write_small

ROOT = Path(__file__).parents[2]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A store of two builds, the first of them signed."""
    small_store(tmp_path / "source", 1, 2, signed=True)
    return tmp_path / "source"


def _keys(root: Path) -> list[str]:
    return names_in(root / "builds")


def _import(source: Path, to: Path) -> tuple[bool, ...]:
    content = forged(members_of(source, *_keys(source)))
    store = Store(to, "r")
    with staging(store) as place:
        return adopt(store, unpack(io.BytesIO(content), len(content), place))


def test_builds_and_signatures_enter_a_store(tmp_path: Path, source: Path) -> None:
    to = tmp_path / "to"
    assert _import(source, to) == (True, True)
    assert tree(to) == tree(source)
    assert _import(source, to) == (False, False)
    assert tree(to) == tree(source)
    for key in _keys(source):
        assert Store(to, "r").read(key).folder == to / "builds" / key


def test_one_that_is_there_is_kept_and_another_added(tmp_path: Path, source: Path) -> None:
    to = tmp_path / "to"
    (key,) = small_store(to, 2)
    inode = (to / "builds" / key).stat().st_ino
    assert _import(source, to) == tuple(key != other for other in _keys(source))
    assert tree(to) == tree(source)
    assert (to / "builds" / key).stat().st_ino == inode


def test_a_signature_is_added_to_a_build_that_is_there(tmp_path: Path, source: Path) -> None:
    to = tmp_path / "to"
    small_store(to, 1, 2)
    assert _import(source, to) == (False, False)
    assert tree(to) == tree(source)


def _of_another_run(to: Path) -> str:
    (key,) = small_store(to, 2, run="another")
    return f"{to} holds another training of build {key}, with the same files: give another --store."


def _of_other_weights(to: Path) -> str:
    key = write_small(to / "builds", 2, weight=2.0)
    return f"{to} holds another training of build {key}, 1 of its files differ: give another --store."


def _altered(to: Path) -> str:
    (key,) = small_store(to, 2)
    (to / "builds" / key / "scores.safetensors").write_bytes(b"x")
    return (
        f"Build {to}/builds/{key} was altered: the bytes of scores.safetensors are not those of its manifest; "
        "delete it and import it again."
    )


def _lacking(to: Path) -> str:
    (key,) = small_store(to, 2)
    (to / "builds" / key / "scores.safetensors").unlink()
    return (
        f"Build {to}/builds/{key} was altered: scores.safetensors cannot be read (No such file or directory); "
        "delete it and import it again."
    )


def _without_manifest(to: Path) -> str:
    (key,) = small_store(to, 2)
    (to / "builds" / key / "manifest.json").unlink()
    return (
        f"Build {to}/builds/{key} was altered: manifest.json cannot be read (FileNotFoundError); "
        "restore it from a copy, or delete it or give --fresh to retrain."
    )


def _signed_by_another(to: Path) -> str:
    small_store(to, 1, 2, signed=True)
    (path,) = (to / "signatures").iterdir()
    path.write_bytes(b"another")
    return f"{to} holds another signature of build {path.stem}: move {path} elsewhere, or give another --store."


CONFLICTS = [_of_another_run, _of_other_weights, _altered, _lacking, _without_manifest, _signed_by_another]


@pytest.mark.parametrize("make", CONFLICTS)
def test_what_is_there_otherwise_is_not_replaced(tmp_path: Path, source: Path, make: Callable[[Path], str]) -> None:
    to = tmp_path / "to"
    sentence = make(to)
    former = tree(to)
    with pytest.raises(StoreError) as error:
        _import(source, to)
    assert str(error.value) == sentence
    assert tree(to) == former


def test_a_full_disk_leaves_the_store_as_it_was(tmp_path: Path, source: Path) -> None:
    to = tmp_path / "to"
    with room_for(4000), pytest.raises(StoreError) as error:
        _import(source, to)
    assert str(error.value) == (
        f"{to}/builds/.import could not be written (File too large): "
        "make room or rights there, or give another --store."
    )
    assert tree(to) == {}


@pytest.mark.parametrize("failing", [1, 2, 3])
def test_where_the_file_system_fails_half_way_nothing_stays(
    tmp_path: Path, source: Path, failing: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The third thing to be put in its place is the signature."""
    calls: list[int] = []

    def counted(put: Callable[..., None]) -> Callable[..., None]:
        def putting(*given: object) -> None:
            calls.append(1)
            put(*given)
            if len(calls) == failing:
                raise StoreError("The disk is full.")

        return putting

    monkeypatch.setattr(adoption, "publish_folder", counted(publish_folder))
    monkeypatch.setattr(adoption, "write_file", counted(write_file))
    with pytest.raises(StoreError, match=r"^The disk is full\.$"):
        _import(source, tmp_path / "to")
    assert len(calls) == failing
    assert set(tree(tmp_path / "to")) == set()


@pytest.mark.parametrize(
    ("name", "why"), [("import", "Another import is under way"), (None, "Build {} is being trained or written")]
)
def test_a_store_in_use(
    tmp_path: Path, source: Path, name: str | None, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adoption, "_PATIENCE", 0.05)
    to, key = tmp_path / "to", _keys(source)[1]
    with Store(to, "another").holding(name or key), pytest.raises(StoreError) as error:
        _import(source, to)
    assert str(error.value) == f"{why.format(key)} in {to}: import again when that has ended."
    assert tree(to) == {}
    assert _import(source, to) == (True, True)


@pytest.mark.slow
# What is put in place, and when the process is killed: before the first, the second, the third.
@pytest.mark.parametrize("killed_at", [1, 2, 3])
def test_an_import_that_was_killed_is_finished_by_the_next(tmp_path: Path, source: Path, killed_at: int) -> None:
    to, path = tmp_path / "to", tmp_path / "builds.tar"
    keys = _keys(source)
    path.write_bytes(forged(members_of(source, *keys)))
    code = (
        "import os, signal, sys\n"
        "from longcon.builds import adoption, files\n"
        "from longcon.__main__ import main\n"
        "calls = []\n"
        "def killed(put):\n"
        "    def putting(*given):\n"
        "        calls.append(1)\n"
        "        if len(calls) == int(sys.argv[1]): os.kill(os.getpid(), signal.SIGKILL)\n"
        "        put(*given)\n"
        "    return putting\n"
        "adoption.publish_folder = killed(files.publish_folder)\n"
        "adoption.write_file = killed(files.write_file)\n"
        "main(sys.argv[2:])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(killed_at), "import", path, f"--store={to}"], cwd=ROOT, check=False
    )
    assert done.returncode == -signal.SIGKILL
    there = [name for name in _keys(to) if not name.startswith(".")]
    assert there == keys[: killed_at - 1]
    assert (to / "builds" / ".import").is_dir()
    for key in there:
        assert Store(to, "r").read(key).folder.name == key
    assert _import(source, to) == tuple(key not in there for key in keys)
    assert tree(to) == tree(source)


def test_what_lies_aside_is_never_a_build(tmp_path: Path, source: Path) -> None:
    store = Store(tmp_path / "to", "r")
    (store.root / "builds" / ".import").mkdir()
    (store.root / "builds" / ".import" / "old").write_text("of a killed import")
    with staging(store) as place:
        assert names_in(place) == []
        shutil.copytree(source / "builds", place / "builds")
    assert tree(store.root) == {}


def test_a_store_that_is_no_folder_to_write_in(tmp_path: Path) -> None:
    store = Store(tmp_path / "to", "r")
    shutil.rmtree(store.root / "builds")
    (store.root / "builds").write_text("")
    with pytest.raises(StoreError) as error, staging(store):
        pass
    assert str(error.value) == (
        f"{store.root}/builds/.import could not be written (Not a directory): "
        "make room or rights there, or give another --store."
    )
