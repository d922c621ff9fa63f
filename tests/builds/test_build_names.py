"""Builds are named by their keys or a beginning that one alone has."""

from __future__ import annotations

from pathlib import Path

import pytest

from longcon.builds.build_names import build_keys, find_build
from longcon.errors import StoreError

ONE = "1f2e3d" + "0" * 26
TWO = "1f2e4c" + "0" * 26
THREE = "99aa" * 8


@pytest.fixture
def store(tmp_path: Path) -> Path:
    for name in (THREE, ONE, TWO, f".{THREE}.0", ".import", "notes", ONE[1:]):
        (tmp_path / "builds" / name).mkdir(parents=True)
    return tmp_path


def test_only_builds_are_listed(store: Path) -> None:
    assert build_keys(store) == (ONE, TWO, THREE)


@pytest.mark.parametrize(
    ("text", "key"), [(ONE, ONE), ("1f2e3", ONE), ("1f2e4", TWO), ("99aa", THREE), ("99AA9", THREE)]
)
def test_a_build_is_found(store: Path, text: str, key: str) -> None:
    assert find_build(store, text) == key


LIST = "python -m longcon list --store="
MISTAKES = [
    ("", "Build '' is too short to tell builds apart: give 4 letters of its key or more."),
    ("99a", "Build '99a' is too short to tell builds apart: give 4 letters of its key or more."),
    ("1f2e", f"Build '1f2e' is one of 2 in {{store}} ({ONE}, {TWO}): give more letters of its key."),
    ("99ab", f"Build '99ab' is not in {{store}} - did you mean '99aa'?: {LIST}{{store}} shows what is."),
    ("777777", f"Build '777777' is not in {{store}}: {LIST}{{store}} shows what is."),
    ("notes", f"Build 'notes' is no key, nor the beginning of one: {LIST}{{store}} shows them."),
    ("../builds", f"Build '../builds' is no key, nor the beginning of one: {LIST}{{store}} shows them."),
    (ONE + "0", f"Build '{ONE}0' is no key, nor the beginning of one: {LIST}{{store}} shows them."),
]


@pytest.mark.parametrize(("text", "sentence"), MISTAKES, ids=[text or "empty" for text, _ in MISTAKES])
def test_a_name_of_no_build(store: Path, text: str, sentence: str) -> None:
    with pytest.raises(StoreError) as error:
        find_build(store, text)
    assert str(error.value) == sentence.format(store=store)


def test_of_many_some_are_named(tmp_path: Path) -> None:
    keys = [f"abcd{number:028}" for number in range(9)]
    for key in keys:
        (tmp_path / "builds" / key).mkdir(parents=True)
    with pytest.raises(StoreError) as error:
        find_build(tmp_path, "abcd")
    assert str(error.value) == (
        f"Build 'abcd' is one of 9 in {tmp_path} ({', '.join(keys[:5])} and 4 more): give more letters of its key."
    )


def test_a_store_without_builds(tmp_path: Path) -> None:
    (tmp_path / "builds").mkdir()
    with pytest.raises(StoreError) as error:
        find_build(tmp_path, "abcd")
    assert str(error.value) == f"Build 'abcd' is not in {tmp_path}, which holds no build: give another --store."


def test_a_folder_that_is_no_store_stays_as_it_is(tmp_path: Path) -> None:
    for place in (tmp_path / "store", tmp_path):
        with pytest.raises(StoreError) as error:
            build_keys(place)
        assert str(error.value) == f"{place} is no store, it has no folder 'builds': give that of a run as --store."
    assert list(tmp_path.iterdir()) == []
