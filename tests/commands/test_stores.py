"""Commands whose --store is a URL: they see what is there, and what they add goes there."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest

from longcon.__main__ import main
from longcon.builds.store_places import returned
from tests.builds.remote_places import objects
from tests.builds.small_builds import small_store


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """An empty place; the current folder is an empty one too."""
    monkeypatch.chdir(tmp_path)
    return f"memory://{uuid.uuid4().hex}/lab"


def test_builds_behind_a_url_are_exported(url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    keys = small_store(tmp_path / "one", 1, 2)
    returned(url, tmp_path / "one")
    assert main(["export", "all", "from-url.tar", f"--store={url}"]) == 0
    assert main(["export", "all", "from-folder.tar", f"--store={tmp_path / 'one'}"]) == 0
    assert (tmp_path / "from-url.tar").read_bytes() == (tmp_path / "from-folder.tar").read_bytes()
    assert keys[0] in capsys.readouterr().out


def test_what_is_imported_goes_behind_the_url(url: str, tmp_path: Path) -> None:
    (key,) = small_store(tmp_path / "one", 1)
    assert main(["export", key, "site-b.tar", f"--store={tmp_path / 'one'}"]) == 0
    assert main(["import", "site-b.tar", f"--store={url}"]) == 0
    assert set(objects(url)) == {f"builds/{key}.tar", f"imported/{key}.json"}


def test_an_unusable_url_is_one_sentence(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert url
    assert main(["list", "--store=memry://anna:secret@a/b"]) == 4
    assert capsys.readouterr().err == (
        "ERROR: memry://a/b begins with 'memry', which no file system is named - did you mean 'memory'?: give a folder "
        "or a URL such as s3://bucket/prefix as --store.\n"
    )
