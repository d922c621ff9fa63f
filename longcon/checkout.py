"""The checkout that runs: its commit, and what in it is not as committed."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]
_PATIENCE_SECONDS = 60


@dataclass(frozen=True)
class Checkout:
    """The state of a folder under git.

    Attributes:
        commit: the full name of the commit that is checked out; None where git knows none.
        changes: files that differ from the commit, or are in no commit and not ignored; relative paths, sorted.
        hidden: files that git was told not to look at, so that nothing is known of them; relative paths, sorted.
    """

    commit: str | None
    changes: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()

    @property
    def clean(self) -> bool:
        """Whether the files are those of the commit."""
        return self.commit is not None and not self.changes and not self.hidden

    @property
    def fault(self) -> str | None:
        """Why it can't be told later what ran, in one sentence; None where it can."""
        if self.commit is None:
            return "the checkout is under no commit of git, so what ran cannot be found again: run from a clone."
        if self.changes:
            return (
                f"the checkout is not clean, {_counted(self.changes)} not as committed ({_listed(self.changes)}): "
                "commit or remove the changes."
            )
        if self.hidden:
            return (
                f"{_counted(self.hidden)} hidden from git's own look ({_listed(self.hidden)}): "
                "run git update-index --no-assume-unchanged --no-skip-worktree on what is named."
            )
        return None


def read_checkout(folder: Path = _ROOT) -> Checkout:
    """Returns the state of the checkout whose top is ``folder``.

    A folder inside somebody else's repository is no checkout of its own: that repository's commit says nothing of it.

    Args:
        folder: of longcon's own checkout, unless another one is given.
    """
    top = _git(folder, "rev-parse", "--show-toplevel")
    commit = _git(folder, "rev-parse", "--verify", "HEAD^{commit}")
    status = _git(folder, "status", "--porcelain=v1", "-z", "--untracked-files=all", "--no-renames")
    flags = _git(folder, "ls-files", "-v", "-z")
    if top is None or Path(top.strip()).resolve() != folder.resolve() or None in (commit, status, flags):
        return Checkout(None)
    assert commit is not None
    assert status is not None
    assert flags is not None
    changes = sorted(entry[3:] for entry in status.split("\0") if entry)
    hidden = sorted(entry[2:] for entry in flags.split("\0") if entry[:1].islower() or entry[:1] == "S")
    return Checkout(commit.strip(), tuple(changes), tuple(hidden))


def _git(folder: Path, *arguments: str) -> str | None:
    """Returns what git prints; None where there is no git, no repository, or no answer in time."""
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments],
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=_PATIENCE_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def _counted(paths: tuple[str, ...]) -> str:
    return "1 file is" if len(paths) == 1 else f"{len(paths)} files are"


def _listed(paths: tuple[str, ...], most: int = 5) -> str:
    more = f" and {len(paths) - most} more" if len(paths) > most else ""
    return ", ".join(paths[:most]) + more
