"""Objects behind a URL: what is put comes back whole, nothing is replaced, a failed upload leaves nothing."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from longcon.builds.remote_objects import RemoteObjects
from longcon.builds.remote_url import without_credentials
from longcon.errors import StoreError
from tests.builds.remote_places import LOOK, objects, write_object
from tests.builds.sftp_server import PASSWORD

NAME = f"builds/{'0' * 32}.tar"


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """A file of more than one chunk; what is in it is of no interest here."""
    path = tmp_path / "sent"
    path.write_bytes(os.urandom(1 << 20) + b"end")
    return path


def test_what_is_put_comes_back(url: str, archive: Path, tmp_path: Path) -> None:
    place = RemoteObjects(url)
    assert place.names("builds") == []
    assert not place.holds(NAME)
    assert place.fetch(NAME, tmp_path / "nothing") is None
    assert not (tmp_path / "nothing").exists()
    assert place.put(NAME, archive)
    assert place.holds(NAME)
    assert [f"builds/{name}" for name in place.names("builds")] == [NAME]
    fetched = place.fetch(NAME, tmp_path / "fetched")
    assert fetched == tmp_path / "fetched"
    assert fetched.read_bytes() == archive.read_bytes()
    assert objects(url) == {NAME: archive.read_bytes()}


def test_what_is_there_is_not_replaced(url: str, archive: Path, tmp_path: Path) -> None:
    place = RemoteObjects(url)
    (tmp_path / "former").write_bytes(b"former")
    assert place.put(NAME, tmp_path / "former")
    assert not place.put(NAME, archive)
    assert objects(url) == {NAME: b"former"}


def test_another_machine_may_put_while_this_one_does(url: str, archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place, real = RemoteObjects(url), RemoteObjects._size
    asked: list[str] = []

    def late(self: RemoteObjects, name: str) -> int | None:
        asked.append(name)
        if len(asked) == 1:
            assert real(self, name) is None
            write_object(url, NAME, b"quicker")
            return None
        return real(self, name)

    monkeypatch.setattr(RemoteObjects, "_size", late)
    assert not place.put(NAME, archive)
    assert objects(url) == {NAME: b"quicker"}


def test_a_file_that_is_there_is_not_written_over(url: str, archive: Path) -> None:
    place = RemoteObjects(url)
    place.put(NAME, archive)
    with pytest.raises(StoreError, match=r"could not be written \(File exists\)"):
        place.fetch(NAME, archive)


def _half(real: Any, *, error: bool) -> Any:
    def put_file(self: Any, lpath: str, rpath: str, **given: Any) -> None:
        half = Path(lpath).with_name("half")
        half.write_bytes(Path(lpath).read_bytes()[:1000])
        real(self, str(half), rpath, **given)
        if error:
            raise ConnectionResetError("the line broke")

    return put_file


def _flipped(real: Any) -> Any:
    def put_file(self: Any, lpath: str, rpath: str, **given: Any) -> None:
        other = Path(lpath).with_name("other")
        other.write_bytes(b"\0" + Path(lpath).read_bytes()[1:])
        real(self, str(other), rpath, **given)

    return put_file


# In an object store, what was not sent whole is never there under any name.
@pytest.mark.parametrize("how", ["broken", "short", "flipped"])
def test_an_upload_that_fails_leaves_nothing(
    url: str, archive: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    place = RemoteObjects(url)
    real = type(place._files).put_file
    archive.write_bytes(b"\1" + archive.read_bytes()[1:])
    if how == "broken" and url.startswith("s3"):
        pytest.skip("an object is there whole or not at all")
    put_file = _flipped(real) if how == "flipped" else _half(real, error=how == "broken")
    monkeypatch.setattr(place._files, "put_file", put_file.__get__(place._files))
    with pytest.raises(StoreError) as error:
        place.put(NAME, archive)
    shown = without_credentials(url)
    text = str(error.value)
    assert text.startswith(f"{shown}/builds/" if how != "broken" else f"{shown} cannot be written (Connection")
    assert {
        "broken": f"(ConnectionResetError: the line broke): {LOOK}",
        "short": f"was not kept whole, 1000 bytes of {2**20 + 3}: run again, or give another --store.",
        "flipped": "has other bytes than were sent: run again, or give another --store.",
    }[how] in text
    assert PASSWORD not in text
    assert objects(url) == {}
