"""Places of stores: a folder or a URL is opened, and what lies behind a URL is mirrored here and returned."""

from __future__ import annotations

from pathlib import Path

import pytest

from longcon.builds import Store
from longcon.builds.store_places import mirrored, open_store, returned, working_store
from longcon.errors import StoreError
from tests.builds.remote_places import objects
from tests.builds.small_builds import SIGNATURE, names_in, small_store, tree


def test_a_place_is_mirrored_and_returned(url: str, tmp_path: Path) -> None:
    keys = small_store(tmp_path / "one", 1, 2, signed=True)
    returned(url, tmp_path / "one")
    assert mirrored(url, tmp_path / "two") == tmp_path / "two"
    assert tree(tmp_path / "two") == tree(tmp_path / "one")
    assert names_in(tmp_path / "two" / "builds") == sorted(keys)
    assert (tmp_path / "two" / "signatures" / f"{keys[0]}.json").read_bytes() == SIGNATURE
    before = objects(url)
    assert set(before) == {*(f"builds/{key}.tar" for key in keys), f"signatures/{keys[0]}.json"}
    returned(url, mirrored(url, tmp_path / "two"))
    assert objects(url) == before


def test_a_folder_is_a_store_as_ever(tmp_path: Path) -> None:
    for place in (tmp_path / "s", str(tmp_path / "s")):
        store = open_store(place, "r", "k")
        assert type(store) is Store
        assert (store.root, store.reference) == (tmp_path / "s", "k")


def test_the_working_store_is_told_by_the_address_and_not_by_who_asks(tmp_path: Path) -> None:
    places = {working_store(f"sftp://{who}host/lab", tmp_path) for who in ("", "anna@", "bert:secret@")}
    assert len(places) == 1
    (place,) = places
    assert place.parent == tmp_path / ".longcon-remote"
    assert len(place.name) == 16
    assert place != working_store("sftp://host/other", tmp_path)


def test_a_place_that_takes_nothing_is_told_before_any_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError("no")

    monkeypatch.setattr("fsspec.implementations.memory.MemoryFileSystem.makedirs", refuse)
    with pytest.raises(StoreError, match=r"^memory://shut/lab cannot be written \(PermissionError: no\): "):
        open_store("memory://shut/lab", "r", working_folder=tmp_path / "own")
