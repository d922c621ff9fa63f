"""Check an audit: whether its files are those that were written, and whether they agree with each other.

Exit codes: 0 nothing was changed; 1 something was, each thing told in one line; 4 the folder is no audit. Whoever can
write the folder can write its manifest too: note the manifest's digest, which is printed, where the folder is not.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from longcon.audit import verify
from longcon.commands.parser import Parser, UsageError, folder


def add_options(parser: Parser) -> None:
    """Adds the command's options."""
    parser.add_argument("folder", nargs="?", type=folder("FOLDER"), metavar="FOLDER", help="of the audit, e.g. audit")


def run(options: argparse.Namespace) -> int:
    """Checks an audit.

    Raises:
        UsageError: no folder was given.
        AuditError: the folder is no audit.
    """
    if options.folder is None:
        raise UsageError("No folder was given: give that of an audit, python -m longcon verify audit.")
    place: Path = options.folder
    found = verify(place)
    for finding in found.findings:
        sys.stdout.write(f"{finding}\n")
    sys.stdout.write(f"manifest: SHA-256 {found.manifest}\n")
    if found.findings:
        sys.stdout.write(f"changed since it was written: {len(found.findings)} findings in {place}\n")
    else:
        sys.stdout.write(f"unchanged: {found.files} files, {found.decision}\n")
    return 1 if found.findings else 0
