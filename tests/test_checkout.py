"""The checkout: a clone is clean, and whatever is not as committed is told by name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from longcon.checkout import read_checkout
from tests.git import commit_all, git


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small checkout with one commit."""
    top = tmp_path / "top"
    (top / "inner").mkdir(parents=True)
    (top / "one.py").write_text("1\n")
    (top / "inner" / "two.py").write_text("2\n")
    (top / ".gitignore").write_text("ignored/\n")
    commit_all(top)
    return top


def test_a_clone_is_clean(folder: Path) -> None:
    (folder / "ignored").mkdir()
    (folder / "ignored" / "report.html").write_text("made by a run")
    found = read_checkout(folder)
    assert found.clean
    assert found.fault is None
    assert len(found.commit or "") == 40


def _edit(folder: Path) -> None:
    (folder / "one.py").write_text("changed\n")


def _add(folder: Path) -> None:
    (folder / "conftest.py").write_text("")


def _stage(folder: Path) -> None:
    _edit(folder)
    git(folder, "add", "one.py")


def _remove(folder: Path) -> None:
    (folder / "inner" / "two.py").unlink()


CHANGES = [(_edit, "one.py"), (_add, "conftest.py"), (_stage, "one.py"), (_remove, "inner/two.py")]


@pytest.mark.parametrize(("change", "told"), CHANGES, ids=lambda value: getattr(value, "__name__", value))
def test_a_change_is_told(folder: Path, change: Callable[[Path], None], told: str) -> None:
    change(folder)
    found = read_checkout(folder)
    assert not found.clean
    assert found.fault == (
        f"the checkout is not clean, 1 file is not as committed ({told}): commit or remove the changes."
    )


@pytest.mark.parametrize("flag", ["--assume-unchanged", "--skip-worktree"])
def test_a_file_that_git_does_not_look_at_is_told(folder: Path, flag: str) -> None:
    git(folder, "update-index", flag, "one.py")
    _edit(folder)
    found = read_checkout(folder)
    assert not found.clean
    assert found.fault == (
        "1 file is hidden from git's own look (one.py): run git update-index --no-assume-unchanged --no-skip-worktree "
        "on what is named."
    )


def test_no_repository_and_somebody_elses_are_no_checkout(folder: Path, tmp_path: Path) -> None:
    for place in (tmp_path, folder / "inner"):
        found = read_checkout(place)
        assert found.commit is None
        assert found.fault == (
            "the checkout is under no commit of git, so what ran cannot be found again: run from a clone."
        )


def test_many_changes_are_counted(folder: Path) -> None:
    for number in range(7):
        (folder / f"new{number}.py").write_text("")
    fault = read_checkout(folder).fault or ""
    assert "7 files are not as committed (new0.py, new1.py, new2.py, new3.py, new4.py and 2 more)" in fault
