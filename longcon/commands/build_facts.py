"""The facts of a stored build as plain JSON values, for those commands that tell of builds."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from longcon.builds import Build
from longcon.builds.build import altered
from longcon.builds.holdout import holdout_cutoff
from longcon.builds.manifest import MANIFEST
from longcon.builds.reference import default_epoch
from longcon.commands.stored_build import StoredBuild, as_written
from longcon.errors import CutoffError
from longcon.problems import Roster

_CASES = "cases.json"


def brief_facts(stored: StoredBuild) -> dict[str, Any]:
    """Returns what a list of builds says of one.

    Raises:
        StoreError: the build was altered.
    """
    build, reference = stored.build, stored.reference
    roster = roster_of(build)
    with as_written(build):
        recipe = build.request["recipe"]
        return {
            "key": stored.key,
            "title": build.title,
            "problem": roster.problem if roster else None,
            "k": int(recipe["k"]),
            "device": build.device,
            "replicate": build.replicate,
            "epochs": None if is_of_command(build) else int(recipe["epochs"]),
            "best_epoch": None if is_of_command(build) else build.best_epoch,
            "released_epoch": reference.epoch if reference else None,
            "started": str(build.manifest["started"]),
            "seconds": float(build.manifest["seconds"]),
            "size": sum(size for _, size in _sizes(build)),
            "reference": vars(reference) if reference else None,
            "signed": stored.signed,
            "imported_from": build.origin or None,
            "altered": None,
        }


def full_facts(stored: StoredBuild) -> dict[str, Any]:
    """Returns everything that is known of a build whose files were all verified.

    Raises:
        StoreError: the build was altered.
    """
    build, brief = stored.build, brief_facts(stored)
    roster = roster_of(build)
    with as_written(build):
        fingerprint, request = build.manifest["fingerprint"], build.request
        digests = build.manifest["files"]
        return {
            **brief,
            "request": request,
            "hardware": {name: str(value) for name, value in fingerprint.get("hardware", {}).items()},
            "run": str(build.manifest["run"]),
            "resumed_at": list(build.resumed_at),
            "epochs_kept": list(build.epochs),
            "holdout_error": {
                str(int(epoch["epoch"])): float(epoch["holdout_error"]) for epoch in build.manifest["history"]
            },
            "cases": _cases(roster) if roster else None,
            "cutoff": _cutoff(stored) if roster else None,
            "files": {
                name: {"size": size, "sha256": digests.get(name)} for name, size in _sizes(build) if name != MANIFEST
            },
        }


def roster_of(build: Build) -> Roster | None:
    """Returns the list of a build's cases; None where it was trained before builds kept one.

    Raises:
        StoreError: the bytes are not those of the manifest, or no roster.
    """
    return build.roster() if _CASES in build.manifest["files"] else None


def is_of_command(build: Build) -> bool:
    """Whether a command trained it, of whose epochs longcon sees none."""
    return "command" in build.request["problem"]


def moment_in_words(text: str) -> str:
    """Returns a moment to the second, in UTC, or the text as it is where that is no moment."""
    try:
        return f"{datetime.fromisoformat(text).astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    except (ValueError, OverflowError):
        return text


def _sizes(build: Build) -> list[tuple[str, int]]:
    """Returns the files of a build with their sizes in bytes, its manifest first."""
    names = (MANIFEST, *sorted(build.manifest["files"]))
    try:
        return [(name, Path(build.folder, name).stat().st_size) for name in names]
    except OSError as error:
        raise altered(build.folder, f"a file of it cannot be read ({error.strerror})") from error


def _cases(roster: Roster) -> dict[str, Any]:
    return {
        "classes": list(roster.classes),
        "target": roster.target,
        "holdout": len(roster.holdout_cases),
        "prospective": len(roster.prospective_cases),
        "simulated": roster.simulated,
    }


def _cutoff(stored: StoredBuild) -> dict[str, Any]:
    """Returns tau with its recall at the released epoch, or at the one that would be released."""
    build, reference = stored.build, stored.reference
    epoch = reference.epoch if reference else default_epoch(build)
    try:
        found = holdout_cutoff(build, epoch)
    except CutoffError as error:
        return {"epoch": epoch, "tau": None, "recall": None, "why": str(error)}
    return {
        "epoch": epoch,
        "tau": found.tau,
        "recall": found.recall,
        "true_positives": found.true_positives,
        "targets": found.targets,
    }
