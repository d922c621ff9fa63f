"""Mark a build as the reference: the one that was released, e.g. `python -m longcon release 1f2e --audit=audit`.

The mark holds the released epoch and tau, which rebuilds are held against. With --audit the audit is verified first: it
must be unchanged, must say released, and must be of this build, epoch and tau. Without it, nothing but whoever marks it
says that the build was validated, and that is what the mark says too.
"""

from __future__ import annotations

import argparse
import sys
import uuid
from datetime import UTC, datetime
from pathlib import Path

from longcon.audit.release import require_released
from longcon.builds import Build, Store
from longcon.builds.build_names import find_build
from longcon.builds.holdout import holdout_cutoff
from longcon.builds.provenance import reference_path
from longcon.builds.reference import (
    NOT_STATED,
    default_epoch,
    manifest_digest,
    mark,
    require_original,
)
from longcon.commands.build_facts import moment_in_words
from longcon.commands.parser import Parser, UsageError, folder, whole_number
from longcon.commands.stored_build import add_store, stored_build
from longcon.commands.stores import give_back

_EXAMPLE = "python -m longcon release 1f2e --audit=audit"
_LONGEST_NAME = 200


def add_options(parser: Parser) -> None:
    """Adds the command's options."""
    add = parser.add_argument
    add("build", nargs="?", metavar="BUILD", help="key of a build, or a beginning of it")
    add_store(parser)
    add(
        "--epoch",
        type=whole_number("--epoch", 1),
        metavar="E",
        help="that is released (default: the best where the build looked for it, otherwise the last)",
    )
    add("--audit", type=folder("--audit"), metavar="FOLDER", help="of the audit that released it, e.g. audit")
    add("--operator", type=_operator, default=NOT_STATED, metavar="NAME", help="who marks it (default: not stated)")


def run(options: argparse.Namespace) -> int:
    """Marks a build.

    Raises:
        UsageError: no build was given.
        StoreError: it is not in the store, was altered, is no original, or is marked otherwise.
        AuditError: the audit does not stand behind it; nothing is marked.
        CutoffError: it has no cut-off at that epoch; nothing is marked.
    """
    if options.build is None:
        raise UsageError(f"No build was given: give one of the store, {_EXAMPLE}.")
    root: Path = options.store
    build = stored_build(root, find_build(root, options.build), whole=True).build
    require_original(build)
    epoch = default_epoch(build) if options.epoch is None else options.epoch
    audit = None if options.audit is None else _audited(options.audit, build, epoch)
    store, now = Store(root, uuid.uuid4().hex), datetime.now(UTC)
    reference, is_new = mark(store, build, epoch, operator=options.operator, audit=audit, now=now)
    when = "is marked as the reference" if is_new else f"was marked so already, {moment_in_words(reference.marked)}"
    sys.stdout.write(
        f"{build.folder.name} {build.title}: {when}, released epoch {reference.epoch}, tau {reference.tau:.4f}\n"
    )
    sys.stdout.write(_behind(audit))
    sys.stdout.write(f"{reference_path(root, build.folder.name)}\n")
    give_back(options)
    return 0


def _audited(place: Path, build: Build, epoch: int) -> str:
    tau = holdout_cutoff(build, epoch).tau
    return require_released(place, build.folder.name, manifest_digest(build), epoch, tau)


def _behind(audit: str | None) -> str:
    if audit is None:
        return "no audit stands behind it: give --audit=FOLDER of a run with --release to have one\n"
    return f"audit: SHA-256 {audit}, unchanged, and released this build\n"


def _operator(name: str) -> str:
    if not name.strip() or not name.isprintable() or len(name) > _LONGEST_NAME:
        raise UsageError(
            f"--operator is {name[:_LONGEST_NAME]!r}: give a name of one line and at most {_LONGEST_NAME} characters, "
            "or leave it out."
        )
    return name.strip()
