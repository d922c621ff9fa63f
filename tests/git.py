"""git, for tests of checkouts: nobody's own configuration decides what they do."""

from __future__ import annotations

import subprocess
from pathlib import Path

_NOBODY = ("-c", "user.name=Laboratory", "-c", "user.email=laboratory@example.org")


def git(folder: Path, *arguments: str) -> None:
    """Runs git in a folder; any failure of it fails the test."""
    subprocess.run(["git", "-C", folder, *_NOBODY, *arguments], check=True, capture_output=True)


def commit_all(folder: Path) -> None:
    """Makes a folder a repository with one commit of all that it holds and does not ignore."""
    git(folder, "init", "--quiet")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message=The release candidate")
