"""Take builds from a file that another machine's export wrote, e.g. `python -m longcon import builds.tar`.

Everything is verified before anything enters the store: all builds do, or none. A build that is there already is kept;
another training of the same build is refused, and so is another signature.
"""

from __future__ import annotations

import argparse
import sys
import uuid
from datetime import UTC, datetime
from pathlib import Path

from longcon.builds import Store
from longcon.builds.adoption import adopt, staging
from longcon.builds.archive_reader import opened_archive
from longcon.builds.provenance import Provenance, require_site
from longcon.cohorts.text_stream import file_digest
from longcon.commands.parser import Parser, UsageError, file
from longcon.commands.stored_build import add_store
from longcon.commands.stores import give_back


def add_options(parser: Parser) -> None:
    """Adds the command's options."""
    parser.add_argument(
        "file", nargs="?", type=file("FILE"), metavar="FILE", help="of builds, e.g. builds.tar from another machine"
    )
    parser.add_argument(
        "--site",
        metavar="NAME",
        help="where the builds come from, for the names of their devices: cpu@NAME (default: the name of FILE)",
    )
    add_store(parser)


def run(options: argparse.Namespace) -> int:
    """Takes the builds of an archive into a store.

    Raises:
        UsageError: no file was given.
        ArchiveError: the file is no archive, or not as it was written; the store is as before.
        StoreError: the site has no name, the store cannot be written, or it holds another training of a build; the
            store is as before.
    """
    if options.file is None:
        raise UsageError("No file was given: give one of builds, python -m longcon import builds.tar.")
    path: Path = options.file
    with opened_archive(path) as archive:
        site = require_site(path.name.partition(".")[0].lower() if options.site is None else options.site)
        store = Store(options.store, uuid.uuid4().hex)
        with staging(store) as place:
            builds = archive.unpack(place)
            titles = [build.build.title for build in builds]
            new = adopt(store, builds, Provenance(site, file_digest(path), _now()))
    for build, title, is_new in zip(builds, titles, new, strict=True):
        sys.stdout.write(f"{build.key} {title}: {f'imported from {site}' if is_new else 'already there'}\n")
    give_back(options)
    return 0


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
