"""A validation whose store is a URL: another machine with nothing but the address trains nothing again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.builds.remote_places import objects
from tests.builds.sftp_server import PASSWORD, sftp_server
from tests.pytest_process import PytestProcess
from tests.small_store import ONE_SURROGATE, ROOT, SMALL, Run

pytestmark = pytest.mark.slow


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    """A folder on a server of SFTP, with who asks and the password in its address."""
    (tmp_path / "served").mkdir()
    with sftp_server(tmp_path / "served") as port:
        yield f"sftp://anna:{PASSWORD}@127.0.0.1:{port}/lab"


def _validate(process: PytestProcess, place: Path, url: str) -> Run:
    place.mkdir()
    code, output = process.run(place, [str(ROOT / "validation"), *SMALL, ONE_SURROGATE, f"--store={url}"])
    return Run(code, output, "")


def test_another_machine_trains_nothing(tmp_path: Path, process: PytestProcess, url: str) -> None:
    first = _validate(process, tmp_path / "one", url)
    assert first.code == 0, first.output
    there = objects(url)
    builds = [name for name in there if name.startswith("builds/")]
    assert sorted(there) == sorted(builds)
    (working,) = (tmp_path / "one" / ".longcon-remote").iterdir()
    assert {f"builds/{folder.name}.tar" for folder in (working / "builds").iterdir()} == set(builds)

    second = _validate(process, tmp_path / "two", url)
    assert second.code == 0, second.output
    assert objects(url) == there
    (other,) = (tmp_path / "two" / ".longcon-remote").iterdir()
    # A training leaves a note in the run; what was fetched does not.
    assert list((working / "runs").rglob("trained-*"))
    assert not list((other / "runs").rglob("trained-*"))
    _shows_no_password(tmp_path, first, second)


def _shows_no_password(place: Path, *runs: Run) -> None:
    for name, run in zip(("one", "two"), runs, strict=True):
        assert "longcon store" in run.output.replace("longcon  store", "longcon store")
        evidence = (place / name / "audit" / "evidence.json").read_text()
        assert json.loads(evidence)["settings"]["store"].startswith("sftp://127.0.0.1:")
        written = [path for path in (place / name).rglob("*") if path.is_file()]
        assert [path for path in written if PASSWORD.encode() in path.read_bytes()] == []
        assert PASSWORD not in run.output
