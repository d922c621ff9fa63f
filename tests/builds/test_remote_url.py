"""URLs of places: shown without credentials; every fault of an address or a driver is one sentence."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

from longcon.builds.remote_url import Driver, is_url, without_credentials
from longcon.errors import StoreError
from tests.builds.remote_places import LOOK
from tests.builds.sftp_server import PASSWORD, sftp_server

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
        Driver(f"{scheme}://anna:secret@host/lab")
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
        Driver(url)
    assert str(error.value) == text


def test_a_wrong_password_is_told_without_it(tmp_path: Path) -> None:
    with sftp_server(tmp_path) as port, pytest.raises(StoreError) as error:
        Driver(f"sftp://anna:wr%C3%B6ng@127.0.0.1:{port}/lab")
    assert str(error.value) == (
        f"sftp://127.0.0.1:{port}/lab cannot be reached (AuthenticationException: Authentication failed): {LOOK}"
    )
    assert error.value.__cause__ is None


def test_nobody_at_the_address_is_told() -> None:
    with sftp_server(Path("/nowhere")) as port:
        pass
    with pytest.raises(StoreError) as error:
        Driver(f"sftp://anna:{PASSWORD}@127.0.0.1:{port}/lab")
    assert str(error.value).startswith(f"sftp://127.0.0.1:{port}/lab cannot be reached (NoValidConnectionsError: ")
