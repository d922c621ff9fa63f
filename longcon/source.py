"""The version of longcon's own code, told by its source."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

# They ask for builds and read them, and stand above them, so that nothing in them can decide a build's bit.
READERS = ("audit", "checks", "commands", "divergence", "figures", "remedies", "search", "__main__.py")


@cache
def code_version() -> str:
    """Returns the digest of longcon's source and data files: a build, or a cohort, of other code is another one.

    Files that only read builds are left out, so that a figure can be drawn anew without training anew.
    """
    root = Path(__file__).resolve().parent
    digest = hashlib.sha256()
    for path in sorted([*root.rglob("*.py"), *root.rglob("*.json")]):
        if path.relative_to(root).parts[0] in READERS:
            continue
        digest.update(path.relative_to(root).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:32]
