"""The reference: the build that a laboratory released, marked in the store with its released epoch and tau.

Whoever can write the store can write a mark too. It says which build rebuilds are compared with; that this build was
validated, the audit says whose digest it holds.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from longcon.builds.build import Build, altered
from longcon.builds.build_writer import seal
from longcon.builds.files import write_file
from longcon.builds.holdout import holdout_cutoff
from longcon.builds.manifest import MANIFEST
from longcon.builds.provenance import reference_path
from longcon.builds.request import canonical_json
from longcon.builds.store import Store
from longcon.errors import CutoffError, StoreError

NOT_STATED = "not stated"

_FORMAT = 1
_LARGEST = 1 << 16
_KEY = re.compile(r"[0-9a-f]{32}")
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Reference:
    """A build that was released.

    Attributes:
        build: its key.
        manifest: SHA-256 of its manifest, so that no other training of the same request is meant.
        epoch: the released epoch.
        tau: the cut-off at that epoch, found on its own hold-out.
        target: the class of clinical interest.
        marked: when, UTC, ISO 8601.
        operator: who marked it, or `NOT_STATED`.
        audit: SHA-256 of the manifest of the audit that released it; None where none was given.
    """

    build: str
    manifest: str
    epoch: int
    tau: float
    target: str
    marked: str
    operator: str
    audit: str | None

    def differences(self, other: Reference) -> str:
        """Returns in words what another mark says otherwise, its moment aside; nothing where that is nothing."""
        pairs = {name: (value, getattr(other, name)) for name, value in asdict(self).items() if name != "marked"}
        return ", ".join(f"{name} {mine}, now {theirs}" for name, (mine, theirs) in pairs.items() if mine != theirs)


def references(root: Path) -> tuple[str, ...]:
    """Returns the keys of the builds that are marked, sorted; nothing is read but names.

    Args:
        root: folder of the store.

    Raises:
        StoreError: the marks cannot be listed.
    """
    try:
        names = [place.name for place in (root / "references").iterdir()]
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise StoreError(f"{root / 'references'} cannot be listed ({error.strerror}): give rights there.") from error
    return tuple(sorted(name[:-5] for name in names if name.endswith(".json") and _KEY.fullmatch(name[:-5])))


def default_epoch(build: Build) -> int:
    """Returns the epoch that is released where none is named: the best where the build looked for it, or the last."""
    return build.best_epoch if build.request["keep_best"] else max(build.epochs)


def mark(
    store: Store, build: Build, epoch: int, *, operator: str = NOT_STATED, audit: str | None = None, now: datetime
) -> tuple[Reference, bool]:
    """Marks a build as the reference; returns the mark, and whether it is new: the same may have been marked before.

    Args:
        store: that the build is in.
        build: an original one.
        epoch: the released epoch.
        operator: who marks it.
        audit: SHA-256 of the manifest of the audit that released it, verified by whoever calls this.
        now: the moment.

    Raises:
        StoreError: the build is no original, does not keep the epoch, is marked with other values, or the store cannot
            be written.
        CutoffError: no cut-off reaches precision 1 at that epoch.
    """
    require_original(build)
    cutoff, roster = holdout_cutoff(build, epoch), build.roster()
    moment = now.astimezone(UTC).isoformat(timespec="seconds")
    key = build.folder.name
    new = Reference(key, manifest_digest(build), epoch, cutoff.tau, roster.target, moment, operator, audit)
    path = reference_path(store.root, key)
    # None writes over what another marked.
    with store.holding(f"reference-{key}"):
        if not path.exists():
            write_file(path, seal({"format": _FORMAT, **asdict(new)}))
            return new, True
        there = read_reference(store.root, build)
        if differences := there.differences(new):
            raise StoreError(
                f"Build {key} ({build.title}) is marked otherwise ({differences}): delete {path} to mark it anew."
            )
    return there, False


def read_reference(root: Path, build: Build) -> Reference:
    """Returns the mark of a build, after holding it against the build itself.

    Args:
        root: folder of the store.
        build: its manifest already verified.

    Raises:
        StoreError: the build is not marked, or the mark was edited, belongs to another training, or does not follow
            from the build: its epoch is not kept, or the hold-out gives another tau.
    """
    path, key = reference_path(root, build.folder.name), build.folder.name
    if key not in references(root):
        raise StoreError(f"Build {key} ({build.title}) is no reference: mark it, python -m longcon release {key}.")
    reference = _parsed(path)
    fault = next(_faults(reference, build), None)
    if fault is not None:
        raise _wrong(path, fault)
    return reference


def require_original(build: Build) -> None:
    """Checks that a build may be released: it was trained first, at one go, and is nobody's rebuild.

    Raises:
        StoreError: it is a replicate, was killed on purpose, or is a rebuild of a reference.
    """
    why = ""
    if build.replicate != 1:
        why = f"is replicate {build.replicate}"
    elif build.request.get("killed_after"):
        why = "was killed on purpose and resumed"
    elif rebuilt := build.request.get("rebuild_of"):
        # Its own hold-out would give it a tau of its own.
        why = f"is a rebuild of reference {rebuilt}"
    if why:
        raise StoreError(
            f"Build {build.folder.name} ({build.title}) {why}, trained to be compared: release an original build."
        )


def manifest_digest(build: Build) -> str:
    """Returns the SHA-256 of a build's manifest, as audits state it."""
    try:
        return hashlib.sha256((build.folder / MANIFEST).read_bytes()).hexdigest()
    except OSError as error:
        raise altered(build.folder, f"{MANIFEST} cannot be read ({error.strerror})") from error


def _parsed(path: Path) -> Reference:
    """Returns what a mark says, its seal verified and its values of the right kinds."""
    try:
        if path.is_symlink() or not path.is_file() or path.stat().st_size > _LARGEST:
            raise _wrong(path, "it is no plain file of a mark's size")
        said = json.loads(path.read_bytes())
        if not isinstance(said, dict):
            raise _wrong(path, "it holds no mark")
        sealed = said.pop("digest", None)
        if hashlib.sha256(canonical_json(said)).hexdigest() != sealed:
            raise _wrong(path, "it was edited")
    except (OSError, ValueError, RecursionError) as error:
        raise _wrong(path, f"it cannot be read ({type(error).__name__})") from error
    if said.pop("format", None) != _FORMAT or not _is_mark(said):
        raise _wrong(path, "longcon writes no such mark")
    return Reference(**said)


def _is_mark(said: dict[str, Any]) -> bool:
    kinds = {"build": str, "manifest": str, "epoch": int, "tau": float, "target": str, "marked": str, "operator": str}
    if set(said) != {*kinds, "audit"}:
        return False
    # A truth value counts as a number in Python, and a terminal obeys a text that is not printable.
    right = all(type(said[name]) is kind for name, kind in kinds.items())
    texts = all(said[name].isprintable() for name in ("marked", "operator")) if right else False
    audit = said["audit"]
    return right and texts and (audit is None or (isinstance(audit, str) and bool(_DIGEST.fullmatch(audit))))


def _faults(reference: Reference, build: Build) -> Iterator[str]:
    if reference.build != build.folder.name:
        yield f"it marks build {reference.build[:32]!a}"
    if reference.manifest != manifest_digest(build):
        yield "it marks another training of this build"
    if reference.epoch not in build.epochs:
        yield f"epoch {reference.epoch}, which it releases, is not kept"
        return
    try:
        tau = holdout_cutoff(build, reference.epoch).tau
    except CutoffError:
        yield f"the hold-out gives no tau at epoch {reference.epoch}"
        return
    if reference.tau != tau:
        yield f"its tau is {reference.tau!r}, but the hold-out gives {tau!r} at epoch {reference.epoch}"
    if reference.target != build.roster().target:
        yield f"its target is {reference.target!a}, not that of the build"


def _wrong(path: Path, how: str) -> StoreError:
    return StoreError(f"Reference {path} does not hold: {how}; delete it, and release the build again.")
