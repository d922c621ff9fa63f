"""A place behind a URL: builds and marks are kept by key, and nothing else that lies there is taken for one."""

from __future__ import annotations

from pathlib import Path

import pytest
from fsspec.implementations.memory import MemoryFileSystem

from longcon.builds.remote import RemotePlace
from longcon.builds.remote_url import without_credentials
from longcon.errors import StoreError
from tests.builds.remote_places import LOOK, objects, place_of, write_object

KEY, OTHER = "0" * 32, "f" * 32


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """A file; what is in it is of no interest here."""
    path = tmp_path / "sent"
    path.write_bytes(b"builds")
    return path


def test_a_build_that_is_put_comes_back(url: str, archive: Path, tmp_path: Path) -> None:
    place = RemotePlace(url)
    assert place.keys() == ()
    assert not place.holds(KEY)
    assert place.fetch(KEY, tmp_path / "nothing") is None
    assert not (tmp_path / "nothing").exists()
    assert place.put(KEY, archive)
    assert place.holds(KEY)
    assert place.keys() == (KEY,)
    fetched = place.fetch(KEY, tmp_path / "fetched")
    assert fetched == tmp_path / "fetched"
    assert fetched.read_bytes() == archive.read_bytes()
    assert objects(url) == {f"builds/{KEY}.tar": archive.read_bytes()}


def test_marks_are_kept_by_kind_and_build(url: str, tmp_path: Path) -> None:
    place = RemotePlace(url)
    (tmp_path / "mark").write_bytes(b"{}")
    assert place.marks() == ()
    assert place.put_mark("references", KEY, tmp_path / "mark")
    assert place.put_mark("imported", OTHER, tmp_path / "mark")
    assert not place.put_mark("imported", OTHER, tmp_path / "mark")
    assert place.marks() == (("references", KEY), ("imported", OTHER))
    found = place.fetch_mark("references", KEY, tmp_path / "found")
    assert found is not None
    assert found.read_bytes() == b"{}"
    assert place.fetch_mark("signatures", KEY, tmp_path / "none") is None


def test_what_is_no_build_is_passed_over(url: str) -> None:
    for name in (f"builds/.{KEY}.tar.aa", "builds/notes.tar", f"builds/{KEY}.txt", "builds/..tar"):
        write_object(url, name, b"x")
    assert RemotePlace(url).keys() == ()


def test_a_mark_has_a_size(url: str, tmp_path: Path) -> None:
    write_object(url, f"signatures/{KEY}.json", b"x" * ((64 << 10) + 1))
    with pytest.raises(StoreError) as error:
        RemotePlace(url).fetch_mark("signatures", KEY, tmp_path / "mark")
    shown = without_credentials(url)
    assert str(error.value) == f"{shown}/signatures/{KEY}.json has 65,537 bytes, more than any mark: delete it there."
    assert not (tmp_path / "mark").exists()


def test_no_right_to_write_is_told(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = RemotePlace("memory://guarded/lab")

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError("write\x1b[2J is\nnot for you.")

    monkeypatch.setattr(MemoryFileSystem, "put_file", refuse)
    with pytest.raises(StoreError) as error:
        place.require_writable(archive)
    assert str(error.value) == (
        f"memory://guarded/lab cannot be written (PermissionError: write[2J is not for you): {LOOK}"
    )


@pytest.mark.parametrize("kind", ["s3"])
def test_no_bucket_is_told(kind: str, tmp_path: Path, archive: Path) -> None:
    with place_of(kind, tmp_path):
        place = RemotePlace("s3://no-such-bucket/lab")
        with pytest.raises(StoreError) as error:
            place.require_writable(archive)
    assert str(error.value).startswith("s3://no-such-bucket/lab cannot be written (FileNotFoundError: ")
