"""Writing a build: its files into an empty folder, and last the manifest, sealed with the digests of them all."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from safetensors.numpy import save

from longcon.builds.build import CASES, DETAIL, SCORES, TRAJECTORY, state_file
from longcon.builds.files import write_file
from longcon.builds.manifest import FORMAT, MANIFEST
from longcon.builds.request import BuildRequest, canonical_json
from longcon.problems import Roster
from longcon.training import Snapshot, Training


@dataclass(frozen=True)
class Contents:
    """What a build keeps in files.

    Attributes:
        snapshots: by epoch.
        roster: the cases that were scored.
        others: further files, by name.
    """

    snapshots: Mapping[int, Snapshot]
    roster: Roster
    others: Mapping[str, bytes]


def write_build(
    folder: Path,
    request: BuildRequest,
    training: Training,
    roster: Roster,
    *,
    fingerprint: Mapping[str, object],
    settings: Mapping[str, object],
    run: str,
    started: str,
    seconds: float,
) -> None:
    """Writes a build into an empty folder.

    Args:
        folder: where to.
        request: what was asked for.
        training: what came of it.
        roster: the cases that were scored.
        fingerprint: of the device, taken in the process that trained.
        settings: the deterministic settings in force there.
        run: identifier of the run that asked.
        started: when the process that finished it began, UTC, ISO 8601.
        seconds: how long the training took, since it was last resumed.
    """
    others = {TRAJECTORY: save(training.trajectory.arrays())}
    if training.trajectory.detail is not None:
        others[DETAIL] = save(training.trajectory.detail.arrays())
    about = {
        "fingerprint": dict(fingerprint),
        "settings": dict(settings),
        "run": run,
        "started": started,
        "seconds": seconds,
        "resumed_at": list(training.resumed_at),
        "best_epoch": training.best_epoch,
        "history": [vars(epoch) for epoch in training.history],
    }
    write_contents(folder, request, Contents(training.snapshots, roster, others), about)


def write_contents(folder: Path, request: BuildRequest, contents: Contents, about: Mapping[str, object]) -> None:
    """Writes a build's files; the manifest last, with the SHA-256 of every other file and its own.

    Args:
        folder: empty.
        request: what was asked for.
        contents: the other files.
        about: what else the manifest says.
    """
    files = {state_file(epoch): save(snapshot.state) for epoch, snapshot in contents.snapshots.items()}
    scores = {}
    for epoch, snapshot in contents.snapshots.items():
        scores[f"{epoch:04d}/holdout"] = snapshot.holdout
        scores[f"{epoch:04d}/prospective"] = snapshot.prospective
    files[SCORES] = save(scores)
    files |= {CASES: contents.roster.serialised(), **contents.others}
    for name, content in files.items():
        write_file(folder / name, content)
    manifest: dict[str, object] = {
        "format": FORMAT,
        "request": request.as_json(),
        **about,
        "files": {name: hashlib.sha256(content).hexdigest() for name, content in files.items()},
    }
    write_file(folder / MANIFEST, seal(manifest))


def seal(manifest: Mapping[str, object]) -> bytes:
    """Returns the manifest's text with the digest of everything else in it."""
    digest = hashlib.sha256(canonical_json(dict(manifest))).hexdigest()
    return json.dumps({**manifest, "digest": digest}, indent=1, sort_keys=True).encode() + b"\n"
