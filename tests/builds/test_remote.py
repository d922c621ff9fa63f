"""A place behind a URL: what is put comes back, nothing is replaced, and every fault of a driver is one sentence."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fsspec.implementations.memory import MemoryFileSystem

from longcon.builds.remote import RemotePlace, is_url, without_credentials
from longcon.errors import StoreError
from tests.builds.remote_places import KINDS, objects, place_of, write_object
from tests.builds.sftp_server import PASSWORD, sftp_server

KEY, OTHER = "0" * 32, "f" * 32
LOOK = "look at the address, your rights there and the network, or give another --store."


@pytest.fixture(params=KINDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty place."""
    (tmp_path / "served").mkdir()
    with place_of(request.param, tmp_path / "served") as url:
        yield url


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """A file of more than one chunk; what is in it is of no interest here."""
    path = tmp_path / "sent"
    path.write_bytes(os.urandom(1 << 20) + b"end")
    return path


URLS = [
    (".longcon", False, ".longcon"),
    ("C:/builds", False, "C:/builds"),
    ("s3://bucket/prefix", True, "s3://bucket/prefix"),
    ("sftp://anna:secret@host:22/lab", True, "sftp://host:22/lab"),
    ("sftp://anna@host/lab", True, "sftp://host/lab"),
    ("sftp://anna:sec@ret@host/lab", True, "sftp://host/lab"),
    ("s3://bucket/a@b", True, "s3://bucket/a@b"),
    ("--store=sftp://anna:secret@host/lab", True, "--store=sftp://host/lab"),
]


@pytest.mark.parametrize(("text", "is_one", "shown"), URLS)
def test_a_url_is_told_from_a_folder_and_shown_without_credentials(text: str, is_one: bool, shown: str) -> None:
    assert is_url(text) == is_one
    assert without_credentials(text) == shown


def test_what_is_put_comes_back(url: str, archive: Path, tmp_path: Path) -> None:
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


def test_what_is_there_is_not_replaced(url: str, archive: Path, tmp_path: Path) -> None:
    place = RemotePlace(url)
    (tmp_path / "former").write_bytes(b"former")
    assert place.put(KEY, tmp_path / "former")
    assert not place.put(KEY, archive)
    assert objects(url) == {f"builds/{KEY}.tar": b"former"}


def test_another_machine_may_put_while_this_one_does(url: str, archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place, real = RemotePlace(url), RemotePlace._size
    asked: list[str] = []

    def late(self: RemotePlace, name: str) -> int | None:
        asked.append(name)
        if len(asked) == 1:
            assert real(self, name) is None
            write_object(url, f"builds/{KEY}.tar", b"quicker")
            return None
        return real(self, name)

    monkeypatch.setattr(RemotePlace, "_size", late)
    assert not place.put(KEY, archive)
    assert objects(url) == {f"builds/{KEY}.tar": b"quicker"}


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


def test_a_file_that_is_there_is_not_written_over(url: str, archive: Path) -> None:
    place = RemotePlace(url)
    place.put(KEY, archive)
    with pytest.raises(StoreError, match=r"could not be written \(File exists\)"):
        place.fetch(KEY, archive)


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
    place = RemotePlace(url)
    real = type(place._fs).put_file
    archive.write_bytes(b"\1" + archive.read_bytes()[1:])
    if how == "broken" and url.startswith("s3"):
        pytest.skip("an object is there whole or not at all")
    put_file = _flipped(real) if how == "flipped" else _half(real, error=how == "broken")
    monkeypatch.setattr(place._fs, "put_file", put_file.__get__(place._fs))
    with pytest.raises(StoreError) as error:
        place.put(KEY, archive)
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


@pytest.mark.parametrize(
    ("scheme", "module", "extra"), [("s3", "s3fs", "s3"), ("gs", "gcsfs", "gcs"), ("sftp", "paramiko", "sftp")]
)
def test_a_missing_driver_is_told_with_what_to_install(
    monkeypatch: pytest.MonkeyPatch, scheme: str, module: str, extra: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.delitem(sys.modules, "fsspec.implementations.sftp", raising=False)
    # fsspec gives the name of the module to a read-only view of what is in it.
    registry = importlib.import_module("fsspec.registry")._registry
    for protocol in ("s3", "gs", "sftp"):
        monkeypatch.delitem(registry, protocol, raising=False)
    with pytest.raises(StoreError) as error:
        RemotePlace(f"{scheme}://anna:secret@host/lab")
    assert str(error.value) == (
        f"{scheme}://host/lab needs a driver for {scheme}://, which is not installed: install it, "
        f"pip install 'longcon[{extra}]', or give another --store."
    )


FAULTS = [
    (
        "memry://a/b",
        "memry://a/b begins with 'memry', which no file system is named - did you mean 'memory'?: give a folder or a "
        "URL such as s3://bucket/prefix as --store.",
    ),
    (
        "simplecache::s3://a/b",
        "simplecache::s3://a/b chains file systems, '::': give the URL of the place itself as --store.",
    ),
]


@pytest.mark.parametrize(("url", "text"), FAULTS)
def test_a_url_that_is_none_is_refused(url: str, text: str) -> None:
    with pytest.raises(StoreError) as error:
        RemotePlace(url)
    assert str(error.value) == text


def test_a_wrong_password_is_told_without_it(tmp_path: Path) -> None:
    with sftp_server(tmp_path) as port, pytest.raises(StoreError) as error:
        RemotePlace(f"sftp://anna:wr%C3%B6ng@127.0.0.1:{port}/lab")
    assert str(error.value) == (
        f"sftp://127.0.0.1:{port}/lab cannot be reached (AuthenticationException: Authentication failed): {LOOK}"
    )
    assert error.value.__cause__ is None


def test_nobody_at_the_address_is_told() -> None:
    with sftp_server(Path("/nowhere")) as port:
        pass
    with pytest.raises(StoreError) as error:
        RemotePlace(f"sftp://anna:{PASSWORD}@127.0.0.1:{port}/lab")
    assert str(error.value).startswith(f"sftp://127.0.0.1:{port}/lab cannot be reached (NoValidConnectionsError: ")


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
