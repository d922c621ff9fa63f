"""What ran: the commit, the libraries against the lock, the machine."""

from __future__ import annotations

import platform
from typing import Any

import longcon
from longcon.checkout import Checkout
from longcon.lock import packages, read_lock
from longcon.source import code_version


def software() -> dict[str, Any]:
    """Returns the versions of Python, of longcon and of every library, beside those of the lock."""
    return {
        "longcon": longcon.__version__,
        "code": code_version(),
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "platform": platform.platform(),
        "lock": _lock(),
    }


def checkout(before: Checkout, after: Checkout) -> dict[str, Any]:
    """Returns the commit, and the files that are not as committed."""
    return {
        "commit": before.commit,
        "clean": before.clean,
        "changes": list(before.changes),
        "hidden": list(before.hidden),
        "changed_during_run": before != after,
    }


def _lock() -> dict[str, Any] | None:
    lock = read_lock()
    if lock is None:
        return None
    return {
        "file": lock.file.name,
        "sha256": lock.digest,
        "packages": [
            {"name": package.name, "locked": package.pin, "installed": package.version} for package in packages(lock)
        ],
    }
