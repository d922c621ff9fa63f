"""python -m longcon import: its words and its exit codes, and that what was exported comes back to the byte."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from longcon.__main__ import main
from longcon.builds import Store
from longcon.builds.provenance import provenance_of
from tests.builds.small_builds import names_in, small_keys, small_store, tree

KEYS = small_keys(1, 2)
MISTAKES = [
    ([], "No file was given: give one of builds, python -m longcon import builds.tar."),
    ([""], "FILE is empty, as an unset variable leaves it: give a file or leave it out."),
    (["a", "b"], "'b' is no option of python -m longcon import: give options as --name=value."),
    (["x.tar"], "{place}/x.tar is not there: give a file that python -m longcon export wrote."),
    (["."], "{place} is a folder: give a file that python -m longcon export wrote."),
]


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    """Two builds, exported from the store ``there``; the default store is not there yet."""
    monkeypatch.chdir(tmp_path)
    small_store(tmp_path / "there", 1, 2, signed=True)
    assert main(["export", *KEYS, "builds.tar", "--store=there"]) == 0
    capsys.readouterr()
    return tmp_path / "builds.tar"


def _told(root: Path, *ends: str) -> str:
    titles = [
        "k=2 float64 on cpu, replicate "
        + ("1" if '"replicate": 1' in (root / "builds" / key / "manifest.json").read_text() else "2")
        for key in KEYS
    ]
    return "".join(f"{key} {title}: {end}\n" for key, title, end in zip(KEYS, titles, ends, strict=True))


@pytest.mark.parametrize(("arguments", "sentence"), MISTAKES, ids=["nothing", "empty", "two", "absent", "folder"])
def test_a_mistake_is_one_sentence(
    tmp_path: Path,
    arguments: list[str],
    sentence: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["import", *arguments]) == 4
    assert capsys.readouterr() == ("", f"ERROR: {sentence.format(place=tmp_path)}\n")
    assert names_in(tmp_path) == []


def test_builds_come_back_to_the_byte(tmp_path: Path, archive: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["import", "builds.tar"]) == 0
    assert capsys.readouterr() == (_told(tmp_path / "there", "imported from builds", "imported from builds"), "")
    assert tree(tmp_path / ".longcon") == tree(tmp_path / "there")
    assert main(["export", *KEYS[::-1], "again.tar"]) == 0
    assert (tmp_path / "again.tar").read_bytes() == archive.read_bytes()


def test_a_second_import_changes_nothing(tmp_path: Path, archive: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for end in ("imported from builds", "already there"):
        assert main(["import", str(archive), "--store=here"]) == 0
        assert capsys.readouterr().out == _told(tmp_path / "there", end, end)
    assert tree(tmp_path / "here") == tree(tmp_path / "there")


def test_another_training_is_refused_and_nothing_imported(
    tmp_path: Path, archive: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (key,) = small_store(tmp_path / "here", 2, run="another")
    former = tree(tmp_path / "here")
    assert main(["import", str(archive), "--store=here"]) == 4
    assert capsys.readouterr() == (
        "",
        f"ERROR: {tmp_path}/here holds another training of build {key}, with the same files: give another --store.\n",
    )
    assert tree(tmp_path / "here") == former


def test_a_damaged_archive_makes_no_store(tmp_path: Path, archive: Path, capsys: pytest.CaptureFixture[str]) -> None:
    content = archive.read_bytes()
    archive.write_bytes(content[:-512])
    assert main(["import", "builds.tar"]) == 4
    assert capsys.readouterr() == (
        "",
        f"ERROR: {archive} is not as longcon wrote it, it is cut short, with {len(content) - 512:,} bytes of "
        f"{len(content):,}: copy it again, or export it again.\n",
    )
    assert names_in(tmp_path) == ["builds.tar", "there"]


def test_a_place_that_cannot_be_written(archive: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["import", str(archive), "--store=/proc/longcon"]) == 4
    assert capsys.readouterr() == (
        "",
        "ERROR: /proc/longcon could not be written (No such file or directory): make room or rights there, or give "
        "another --store.\n",
    )


def test_where_builds_come_from_is_kept(tmp_path: Path, archive: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["import", str(archive), "--store=here", "--site=site-b"]) == 0
    assert main(["import", str(archive), "--store=here", "--site=site-c"]) == 0
    capsys.readouterr()
    found = [provenance_of(tmp_path / "here", key) for key in KEYS]
    assert [each and (each.site, each.archive) for each in found] == [
        ("site-b", hashlib.sha256(archive.read_bytes()).hexdigest())
    ] * 2
    assert Store(tmp_path / "here", "run").read(KEYS[0]).device == "cpu@site-b"


def test_a_site_that_has_no_name_is_asked_for(
    tmp_path: Path, archive: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive.rename(tmp_path / "Builds (1).tar")
    assert main(["import", "Builds (1).tar", "--store=here"]) == 4
    assert capsys.readouterr().err == (
        "ERROR: 'builds (1)' is no name of a site: give one of at most 40 small letters, digits, '.', '_' and '-', "
        "such as --site=site-b.\n"
    )
    assert names_in(tmp_path) == ["Builds (1).tar", "there"]
