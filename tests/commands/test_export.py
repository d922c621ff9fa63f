"""python -m longcon export: its words and its exit codes."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from longcon.__main__ import main
from tests.builds.small_builds import names_in, small_keys, small_store, tree

KEYS = small_keys(1, 2)
EXAMPLE = "python -m longcon export 1f2e builds.tar"
MISTAKES = [
    ([], f"No build was given: give builds of the store and a file, {EXAMPLE}."),
    ([KEYS[0]], f"'{KEYS[0]}' stands alone: give builds of the store and a file, {EXAMPLE}."),
    (["", "x.tar"], "BUILD or FILE is empty, as an unset variable leaves it: give both."),
    ([KEYS[0], ""], "BUILD or FILE is empty, as an unset variable leaves it: give both."),
    ([KEYS[0], KEYS[1]], f"'{KEYS[1]}' is a build of the store, not a file: give the file last, {EXAMPLE}."),
    ([KEYS[0], KEYS[1][:6]], f"'{KEYS[1][:6]}' is a build of the store, not a file: give the file last, {EXAMPLE}."),
    (["abc", "x.tar"], "Build 'abc' is too short to tell builds apart: give 4 letters of its key or more."),
    (
        ["x.tar", KEYS[0][:3]],
        "Build 'x.tar' is no key, nor the beginning of one: python -m longcon list --store={store} shows them.",
    ),
    ([KEYS[0], "--jobs=2", "x.tar"], "Option '--jobs' is unknown: python -m longcon export --help lists them."),
]


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    small_store(tmp_path / ".longcon", 1, 2, signed=True)
    return tmp_path / ".longcon"


def _title(store: Path, key: str) -> str:
    one = '"replicate": 1' in (store / "builds" / key / "manifest.json").read_text()
    return f"k=2 float64 on cpu, replicate {1 if one else 2}"


@pytest.mark.parametrize(
    ("arguments", "sentence"), MISTAKES, ids=[" ".join(given) or "nothing" for given, _ in MISTAKES]
)
def test_a_mistake_is_one_sentence(
    store: Path, arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", *arguments]) == 4
    assert capsys.readouterr() == ("", f"ERROR: {sentence.format(store=store)}\n")
    assert names_in(store.parent) == [".longcon"]


def test_builds_are_written_and_told(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    former = tree(store, "")
    assert main(["export", KEYS[1][:8], KEYS[0], KEYS[1], "out/builds.tar"]) == 0
    path = store.parent / "out" / "builds.tar"
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert capsys.readouterr() == (
        f"{KEYS[1]} {_title(store, KEYS[1])}\n{KEYS[0]} {_title(store, KEYS[0])}\n{path}: 2 builds, SHA-256 {digest}\n",
        "",
    )
    # Neither a run nor a lock: the store may be of another, on a disk that cannot be written.
    assert tree(store, "") == former


def test_one_build_of_a_store_elsewhere(tmp_path: Path, store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store.rename(tmp_path / "elsewhere")
    assert main(["export", "--store=elsewhere", KEYS[0], "builds.tar"]) == 0
    digest = hashlib.sha256((tmp_path / "builds.tar").read_bytes()).hexdigest()
    assert capsys.readouterr().out.endswith(f"\n{tmp_path}/builds.tar: 1 build, SHA-256 {digest}\n")
    assert names_in(tmp_path) == ["builds.tar", "elsewhere"]


def test_nothing_is_made_where_there_is_no_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["export", KEYS[0], "builds.tar"]) == 4
    assert capsys.readouterr().err == (
        f"ERROR: {tmp_path}/.longcon is no store, it has no folder 'builds': give that of a run as --store.\n"
    )
    assert names_in(tmp_path) == []


def test_a_file_is_not_overwritten(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = store.parent / "builds.tar"
    path.write_text("mine")
    assert main(["export", KEYS[0], "builds.tar"]) == 4
    assert capsys.readouterr() == (
        "",
        f"ERROR: {path} is there already, and nothing is overwritten: give another FILE.\n",
    )
    assert path.read_text() == "mine"


def test_an_altered_build_is_not_sent(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (store / "builds" / KEYS[0] / "cases.json").write_text("{}")
    assert main(["export", KEYS[0], "builds.tar"]) == 4
    assert capsys.readouterr() == (
        "",
        f"ERROR: Build {store}/builds/{KEYS[0]} was altered: the bytes of cases.json are not those of its manifest; "
        "restore it from a copy, or delete it or give --fresh to retrain.\n",
    )
    assert names_in(store.parent) == [".longcon"]


def test_a_build_may_have_a_name_like_the_file(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Only the beginning of a key that is there is taken for a forgotten file."""
    assert main(["export", KEYS[0], "abcd"]) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith(f"{store.parent}/abcd: 1 build, ")


def test_all_means_every_build(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", *KEYS, "named.tar"]) == 0
    assert main(["export", "all", f"--store={store}", "all.tar"]) == 0
    capsys.readouterr()
    assert (store.parent / "all.tar").read_bytes() == (store.parent / "named.tar").read_bytes()


def test_an_empty_store_has_none_to_export(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "builds").mkdir()
    assert main(["export", "all", str(tmp_path / "x.tar"), f"--store={tmp_path}"]) == 4
    assert capsys.readouterr().err == f"ERROR: {tmp_path} holds no build: give another --store.\n"
