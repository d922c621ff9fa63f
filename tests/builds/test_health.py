"""The health of a store: what is sound, altered, left over, begun and under way, without a byte being written."""

from __future__ import annotations

import fcntl
import hashlib
import os
import stat
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from longcon.builds import Store
from longcon.builds.files import write_file
from longcon.builds.health import StoreHealth, store_health, verified_build
from longcon.errors import StoreError
from tests.builds.small_builds import small_store, tree

ADVICE = "restore it from a copy, or delete it or give --fresh to retrain."
OTHER_KEY, NOBODY = "0" * 32, 65534


def _health(root: Path) -> StoreHealth:
    health = store_health(root)
    assert health is not None
    return health


def _place(store: Path) -> Path:
    (key,) = small_store(store, 1)
    return store / "builds" / key


def _one_bit(build: Path) -> None:
    path = build / "state-0000.safetensors"
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))


def _missing(build: Path) -> None:
    (build / "scores.safetensors").unlink()


def _added(build: Path) -> None:
    (build / "note.txt").write_text("")


def _commanding(build: Path) -> None:
    (build / "\x1b[2J").write_text("")


def _pipe(build: Path) -> None:
    (build / "scores.safetensors").unlink()
    os.mkfifo(build / "scores.safetensors")


def _folder(build: Path) -> None:
    (build / "scores.safetensors").unlink()
    (build / "scores.safetensors").mkdir()


def _link(build: Path) -> None:
    (build / "scores.safetensors").unlink()
    (build / "scores.safetensors").symlink_to("/dev/zero")


def _edited(build: Path) -> None:
    path = build / "manifest.json"
    path.write_text(path.read_text().replace('"best_epoch": 0', '"best_epoch": 1'))


def _no_number(build: Path) -> None:
    path = build / "manifest.json"
    path.write_text(path.read_text().replace('"seconds": 1.0', '"seconds": NaN'))


def _brackets(build: Path) -> None:
    (build / "manifest.json").write_text("[" * 100_000)


def _all_gone(build: Path) -> None:
    for path in build.iterdir():
        path.unlink()


def _many(build: Path) -> None:
    for number in range(7):
        (build / f"note-{number}.txt").write_text("")


ALTERED: list[tuple[Callable[[Path], None], str]] = [
    (_one_bit, "state-0000.safetensors has other bytes"),
    (_missing, "scores.safetensors is missing"),
    (_added, "note.txt was added"),
    (_commanding, "'\\x1b[2J' was added"),
    (_pipe, "scores.safetensors is no plain file"),
    (_folder, "scores.safetensors cannot be read (Is a directory)"),
    (_link, "scores.safetensors cannot be read (Too many levels of symbolic links)"),
    (_edited, "manifest.json was edited"),
    (_no_number, "manifest.json cannot be read (ValueError)"),
    (_brackets, "manifest.json cannot be read (ValueError)"),
    (_all_gone, "manifest.json cannot be read (FileNotFoundError)"),
    (
        _many,
        "note-0.txt was added, note-1.txt was added, note-2.txt was added, note-3.txt was added, note-4.txt was added, "
        "2 more",
    ),
]


@pytest.mark.parametrize(("alter", "how"), ALTERED, ids=[alter.__name__[1:] for alter, _ in ALTERED])
def test_an_altered_build_is_one_line(tmp_path: Path, alter: Callable[[Path], None], how: str) -> None:
    build = _place(tmp_path)
    assert verified_build(build, build.name).folder == build
    alter(build)
    health = _health(tmp_path)
    sentence = f"Build {build} was altered: {how}; {ADVICE}"
    assert (health.sound, health.altered) == (0, (sentence,))
    with pytest.raises(StoreError) as caught:
        verified_build(build, build.name)
    assert str(caught.value) == sentence


def test_a_whole_store_is_read_and_nothing_is_written(tmp_path: Path) -> None:
    keys = small_store(tmp_path, 1, 2, 3)
    (tmp_path / "builds" / keys[1] / "scores.safetensors").write_bytes(b"")
    (tmp_path / "builds" / "README").write_text("")
    (tmp_path / "builds" / ".DS_Store").write_text("")
    before = tree(tmp_path, "")
    told: list[tuple[int, int]] = []
    health = store_health(tmp_path, lambda done, total: told.append((done, total)))
    assert tree(tmp_path, "") == before
    assert told == [(1, 3), (2, 3), (3, 3)]
    assert health == StoreHealth(
        tmp_path,
        sound=2,
        altered=(f"Build {tmp_path / 'builds' / keys[1]} was altered: scores.safetensors has other bytes; {ADVICE}",),
        staging=(),
        unfinished=(),
        under_way=(),
        wrong_data=(),
        size=sum(len(content) for content in before.values() if content is not None),
        free=health.free if health else 0,
        writable=True,
    )


def test_there_may_be_no_store_yet(tmp_path: Path) -> None:
    assert store_health(tmp_path / "absent") is None
    assert not (tmp_path / "absent").exists()
    assert store_health(tmp_path) is None
    assert list(tmp_path.iterdir()) == []


def test_an_empty_store_is_sound(tmp_path: Path) -> None:
    Store(tmp_path, "r")
    health = _health(tmp_path)
    assert replace(health, free=0) == StoreHealth(tmp_path, 0, (), (), (), (), (), size=0, free=0, writable=True)


def test_a_file_is_no_store(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError) as caught:
        store_health(tmp_path / "file")
    assert str(caught.value) == f"{tmp_path / 'file'} is no folder, but a store is one: give another --store."


def test_what_killed_runs_left_is_told_apart_from_what_is_under_way(tmp_path: Path) -> None:
    store = Store(tmp_path, "r")
    left, busy = f".{OTHER_KEY}.{'a' * 32}", f".{'1' * 32}.{'b' * 32}"
    for name in (left, busy, ".import", ".else"):
        (tmp_path / "builds" / name).mkdir()
    for key in (OTHER_KEY, "1" * 32):
        write_file(store.checkpoint_path(key), b"")
    (tmp_path / "checkpoints" / ("2" * 32)).mkdir()  # killed before there was any
    with store.holding(OTHER_KEY):
        pass  # a lock that somebody held once
    with store.holding("1" * 32):
        health = _health(tmp_path)
    assert health.staging == (tmp_path / "builds" / left, tmp_path / "builds" / ".import")
    assert health.unfinished == (OTHER_KEY,)
    assert health.under_way == ("1" * 32,)
    assert _health(tmp_path).under_way == ()


def test_a_lock_that_is_looked_at_is_still_to_be_had(tmp_path: Path) -> None:
    store = Store(tmp_path, "r")
    with store.holding(OTHER_KEY):
        pass
    write_file(store.checkpoint_path(OTHER_KEY), b"")
    _health(tmp_path)
    with (tmp_path / "locks" / f"{OTHER_KEY}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_data_must_have_the_digest_of_their_name(tmp_path: Path) -> None:
    Store(tmp_path, "r")
    data = tmp_path / "data"
    sound, wrong, absent = hashlib.sha256(b"data").hexdigest(), "2" * 64, "3" * 64
    (data / f"{sound}.safetensors").write_bytes(b"data")
    (data / f"{wrong}.safetensors").write_bytes(b"data")
    (data / f"{absent}.safetensors").symlink_to(data / "nowhere")
    (data / f".{wrong}.safetensors.aside").write_bytes(b"da")
    path, link = data / f"{wrong}.safetensors", data / f"{absent}.safetensors"
    assert _health(tmp_path).wrong_data == (
        f"Data {path} has other bytes: delete the file, and a run that needs it writes it again.",
        f"Data {link} cannot be read (Too many levels of symbolic links): delete the file, and a run that needs it "
        "writes it again.",
    )


@pytest.fixture
def read_only() -> Iterator[Path]:
    """A store that others may read but not write, where others can reach it."""
    with tempfile.TemporaryDirectory() as place:
        small_store(Path(place), 1)
        for path in (Path(place), *Path(place).rglob("*")):
            path.chmod(0o555 if path.is_dir() else 0o444)
        yield Path(place)
        for path in (Path(place), *Path(place).rglob("*")):
            path.chmod(stat.S_IRWXU if path.is_dir() else stat.S_IRUSR | stat.S_IWUSR)


def test_a_store_of_another_user_is_read_but_not_writable(read_only: Path) -> None:
    """Asked by a process without the rights of root, who may write anywhere."""
    asking = os.fork()
    if asking == 0:
        if os.getuid() == 0:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
        health = store_health(read_only)
        os._exit(0 if health is not None and (health.writable, health.sound) == (False, 1) else 1)
    _, status = os.waitpid(asking, 0)
    assert os.waitstatus_to_exitcode(status) == 0
