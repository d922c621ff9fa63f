"""A store behind a URL: each build trained once by all machines, what was altered never used, nothing ever replaced."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from longcon.builds import BuildRequest
from longcon.builds.archive import write_archive
from longcon.builds.provenance import Provenance, write_provenance
from longcon.builds.remote import RemotePlace
from longcon.builds.remote_store import RemoteStore
from longcon.builds.remote_url import without_credentials
from longcon.builds.store_places import mirrored, open_store, returned
from longcon.errors import BuildError, StoreError
from longcon.training import Recipe
from tests.builds.remote_places import objects, place_of, write_object
from tests.builds.small_builds import names_in, small_store, tree, write_small

REQUEST = BuildRequest("d", Recipe(k=2), "cpu", "n", {}, "c", 1, (0,), False)
KEY = REQUEST.key
OBJECT = f"builds/{KEY}.tar"
AGAIN = "restore it from a copy, or delete it there to have it trained again."


class Trainer:
    """Trains a build in no time and counts how often; ``weight`` tells one training from another."""

    def __init__(self, root: Path, weight: float = 1.0) -> None:
        self.root, self.weight, self.times = root, weight, 0

    def __call__(self, folder: Path) -> None:
        """Writes the build into the folder."""
        self.times += 1
        write_small(self.root / f"training-{self.weight}-{self.times}", 1, weight=self.weight)
        for file in (self.root / f"training-{self.weight}-{self.times}" / KEY).iterdir():
            file.rename(folder / file.name)


def _archive_of(place: Path, weight: float = 1.0) -> bytes:
    """Returns the archive of a training of the build, as another machine would put it."""
    write_small(place, 1, weight=weight)
    write_archive(place / "one.tar", [(KEY, place / KEY, None)])
    return (place / "one.tar").read_bytes()


def test_machines_with_stores_of_their_own_train_a_build_once(url: str, tmp_path: Path) -> None:
    trainer = Trainer(tmp_path)
    one, two = (RemoteStore(url, tmp_path / name, name) for name in ("one", "two"))
    first = one.obtain(REQUEST, trainer)
    second = two.obtain(REQUEST, trainer)
    assert trainer.times == 1
    assert (first.folder, second.folder) == (tmp_path / "one" / "builds" / KEY, tmp_path / "two" / "builds" / KEY)
    assert tree(tmp_path / "one", "builds") == tree(tmp_path / "two", "builds")
    assert second.origin == ""
    assert list(objects(url)) == [OBJECT]
    assert two.obtain(REQUEST, trainer).manifest == first.manifest
    assert trainer.times == 1


def test_threads_ask_at_once(url: str, tmp_path: Path) -> None:
    keys = small_store(tmp_path / "one", *range(1, 7))
    returned(url, tmp_path / "one")
    place = RemotePlace(url)
    with ThreadPoolExecutor(6) as pool:
        fetched = list(pool.map(lambda key: place.fetch(key, tmp_path / key), keys))
    there = objects(url)
    assert [path and path.read_bytes() for path in fetched] == [there[f"builds/{key}.tar"] for key in keys]


def test_only_builds_leave_the_machine(url: str, tmp_path: Path) -> None:
    store = open_store(url, "r", working_folder=tmp_path / "own")
    (store.root / "data" / "patients.safetensors").write_bytes(b"measurements")
    (store.root / "cohorts" / "cohort").write_bytes(b"measurements")
    store.checkpoint_path(KEY).parent.mkdir()
    store.checkpoint_path(KEY).write_bytes(b"half a training")
    store.obtain(REQUEST, Trainer(tmp_path))
    returned(url, tmp_path / "own")
    assert list(objects(url)) == [OBJECT]


def _cut(content: bytes) -> bytes:
    return content[:-700]


def _flipped(content: bytes) -> bytes:
    place = content.index(b"\x93NUMPY") if b"\x93NUMPY" in content else len(content) // 2
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


DAMAGE: list[tuple[Callable[[bytes], bytes], str]] = [
    (_cut, "is not as longcon wrote it, it is cut short, with "),
    (_flipped, "is not as longcon wrote it, "),
    (lambda _: b"", "is empty"),
    (lambda _: b"<html>not found</html>" * 100, "is no archive of builds"),
]


@pytest.mark.parametrize(("damage", "how"), DAMAGE, ids=["cut", "flipped", "empty", "foreign"])
def test_an_altered_object_is_refused_and_never_used(
    url: str, tmp_path: Path, damage: Callable[[bytes], bytes], how: str
) -> None:
    write_object(url, OBJECT, damage(_archive_of(tmp_path / "there")))
    before, trainer = objects(url), Trainer(tmp_path)
    store = RemoteStore(url, tmp_path / "own", "r")
    with pytest.raises(StoreError) as error:
        store.obtain(REQUEST, trainer)
    text = str(error.value)
    assert text.startswith(f"{without_credentials(url)}/{OBJECT} {how}")
    assert text.endswith(f": {AGAIN}")
    assert trainer.times == 0
    assert names_in(tmp_path / "own" / "builds") == []
    assert objects(url) == before


def test_another_build_under_the_name_is_refused(tmp_path: Path) -> None:
    with place_of("memory", tmp_path) as url:
        other = write_small(tmp_path / "there", 2)
        write_archive(tmp_path / "two.tar", [(other, tmp_path / "there" / other, None)])
        write_object(url, OBJECT, (tmp_path / "two.tar").read_bytes())
        with pytest.raises(StoreError, match=r"it holds other builds: restore it from a copy, or delete it there"):
            RemoteStore(url, tmp_path / "own", "r").obtain(REQUEST, Trainer(tmp_path))
    assert names_in(tmp_path / "own" / "builds") == []


def test_the_one_that_another_machine_put_meanwhile_is_taken(url: str, tmp_path: Path) -> None:
    theirs = _archive_of(tmp_path / "there", weight=2.0)
    trainer = Trainer(tmp_path)

    def train(folder: Path) -> None:
        trainer(folder)
        write_object(url, OBJECT, theirs)

    store = RemoteStore(url, tmp_path / "own", "r")
    build = store.obtain(REQUEST, train)
    assert float(build.state(0)["w"][0, 0]) == 2.0
    assert objects(url) == {OBJECT: theirs}
    assert names_in(tmp_path / "own" / "builds") == [KEY]
    assert store.obtain(REQUEST, trainer).manifest == build.manifest
    assert trainer.times == 1


def test_fresh_replaces_nothing_behind_the_url(url: str, tmp_path: Path) -> None:
    trainer = Trainer(tmp_path)
    RemoteStore(url, tmp_path / "own", "one").obtain(REQUEST, trainer, fresh=True)
    again = RemoteStore(url, tmp_path / "own", "one").obtain(REQUEST, trainer, fresh=True)
    assert trainer.times == 1, "once in a run"
    before = objects(url)
    with pytest.raises(StoreError) as error:
        RemoteStore(url, tmp_path / "own", "two").obtain(REQUEST, trainer, fresh=True)
    assert str(error.value) == (
        f"Build {KEY} ({again.title}) is in {without_credentials(url)}, where no build is replaced: give another URL "
        "as --store, or leave out --fresh."
    )
    assert trainer.times == 1
    assert objects(url) == before


def test_a_build_that_could_not_be_put_stays_and_is_put_by_the_next_run(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainer = Trainer(tmp_path)

    def refuse(*_: object) -> bool:
        raise StoreError("no room.")

    with monkeypatch.context() as broken:
        broken.setattr(RemotePlace, "put", refuse)
        with pytest.raises(StoreError, match=r"^no room\.$"):
            RemoteStore(url, tmp_path / "own", "one").obtain(REQUEST, trainer)
    assert objects(url) == {}
    assert names_in(tmp_path / "own" / "builds") == [KEY]
    RemoteStore(url, tmp_path / "own", "two").obtain(REQUEST, trainer)
    assert list(objects(url)) == [OBJECT]
    assert trainer.times == 1


def test_a_failed_training_puts_nothing(url: str, tmp_path: Path) -> None:
    def fail(_: Path) -> None:
        raise BuildError("it failed.")

    for _ in range(2):
        with pytest.raises(BuildError, match=r"^it failed\.$"):
            RemoteStore(url, tmp_path / "own", "r").obtain(REQUEST, fail)
    assert objects(url) == {}


def test_a_build_that_was_imported_elsewhere_stays_imported(url: str, tmp_path: Path) -> None:
    one = RemoteStore(url, tmp_path / "one", "r")
    one.obtain(REQUEST, Trainer(tmp_path))
    write_provenance(one.root, KEY, Provenance("site-b", "0" * 64, "2026-01-01"))
    returned(url, tmp_path / "one")
    with pytest.raises(StoreError, match="was imported from site-b"):
        RemoteStore(url, tmp_path / "two", "r").obtain(REQUEST, Trainer(tmp_path))


def test_a_mark_that_differs_is_refused(tmp_path: Path) -> None:
    with place_of("memory", tmp_path) as url:
        small_store(tmp_path / "one", 1, signed=True)
        returned(url, tmp_path / "one")
        mark = mirrored(url, tmp_path / "two") / "signatures" / f"{KEY}.json"
        mark.write_bytes(b"{}")
        with pytest.raises(StoreError) as error:
            mirrored(url, tmp_path / "two")
    assert str(error.value) == f"{mark} differs from that in {url}: delete the one that is wrong."


def test_what_a_killed_run_left_of_a_fetch_is_no_build(tmp_path: Path) -> None:
    with place_of("memory", tmp_path) as url:
        left = tmp_path / "own" / "builds" / f".{KEY}.aa"
        left.mkdir(parents=True)
        (left / "build.tar").write_bytes(b"half")
        RemoteStore(url, tmp_path / "own", "r").obtain(REQUEST, Trainer(tmp_path))
    assert names_in(tmp_path / "own" / "builds") == [KEY]


def test_the_request_of_these_tests_is_that_of_the_small_builds(tmp_path: Path) -> None:
    key = write_small(tmp_path, 1)
    assert key == replace(REQUEST, replicate=1).key
    assert json.loads((tmp_path / key / "manifest.json").read_bytes())["request"] == REQUEST.as_json()
