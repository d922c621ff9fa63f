"""What comes back from a worker: whole, or nothing of it is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from longcon.builds import read_build
from longcon.builds.cluster.delivery import deliver
from longcon.errors import BuildError
from tests.builds.small_builds import told_otherwise, write_small


def _files(place: Path) -> tuple[str, dict[str, bytes]]:
    key = write_small(place)
    return key, {path.name: path.read_bytes() for path in (place / key).iterdir()}


def test_a_build_arrives_as_it_was_written(tmp_path: Path) -> None:
    key, files = _files(tmp_path / "there")
    (tmp_path / "here" / key).mkdir(parents=True)
    deliver(files, tmp_path / "here" / key, "a build", "w")
    assert {path.name: path.read_bytes() for path in (tmp_path / "here" / key).iterdir()} == files
    assert read_build(tmp_path / "here" / key, key).manifest["run"] == "r"


CHANGES: dict[str, tuple[dict[str, bytes | None], str]] = {
    "altered": ({"cases.json": b"{}"}, "'cases.json'"),
    "missing": ({"cases.json": None}, "'cases.json'"),
    "added": ({"more.json": b"{}"}, "'more.json'"),
    "above the folder": ({"../../outside": b"x"}, "'../../outside'"),
    "an absolute path": ({"/outside": b"x"}, "'/outside'"),
    "no manifest": ({"manifest.json": None}, "manifest.json"),
    "another manifest": ({"manifest.json": b"{}"}, "manifest.json"),
    "no JSON": ({"manifest.json": b"\xff"}, "manifest.json"),
}


@pytest.mark.parametrize(("change", "fault"), CHANGES.values(), ids=CHANGES)
def test_what_was_altered_on_the_way_is_refused_and_nothing_is_written(
    tmp_path: Path, change: dict[str, bytes | None], fault: str
) -> None:
    key, files = _files(tmp_path / "there")
    sent = {name: content for name, content in {**files, **change}.items() if content is not None}
    (tmp_path / "here" / key).mkdir(parents=True)
    with pytest.raises(BuildError) as error:
        deliver(sent, tmp_path / "here" / key, "k=2 float64 on cpu, replicate 1", "tcp://a:1 (a)")
    assert str(error.value) == (
        f"Build k=2 float64 on cpu, replicate 1 did not come back whole from worker tcp://a:1 (a) ({fault}): run again."
    )
    assert [path.name for path in tmp_path.rglob("*") if "there" not in path.parts] == ["here", key]


def test_a_manifest_that_names_a_path_leads_nowhere(tmp_path: Path) -> None:
    key, _ = _files(tmp_path / "there")
    folder = told_otherwise(tmp_path / "there" / key, lambda m: m["files"].update({"../outside": "0" * 64}))
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    (tmp_path / "here").mkdir()
    with pytest.raises(BuildError, match=r"did not come back whole from worker w \(manifest.json\): run again\.$"):
        deliver(files, tmp_path / "here", "It", "w")
    assert not list((tmp_path / "here").iterdir())
