"""Write builds into one file that travels, e.g. `python -m longcon export 1f2e 9a0b builds.tar`.

A build is named by its key in the store, or by a beginning of it; all means every build. Signatures travel with their
builds. The same builds give the same bytes; note the SHA-256, which is printed, to tell later that the file is still
that one. Nothing is overwritten.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from longcon.builds import read_build
from longcon.builds.archive import signature_of, write_archive
from longcon.builds.build_names import build_keys, find_build, is_beginning
from longcon.commands.parser import Parser, UsageError
from longcon.commands.stored_build import add_store
from longcon.errors import StoreError

_EXAMPLE = "python -m longcon export 1f2e builds.tar"


def add_options(parser: Parser) -> None:
    """Adds the command's options."""
    parser.usage = "%(prog)s [-h] [--store FOLDER] BUILD [BUILD ...] FILE"
    parser.add_argument(
        "names",
        nargs="*",
        metavar="BUILD... FILE",
        help="keys of builds, beginnings of them, or all; the file to write",
    )
    add_store(parser)


def run(options: argparse.Namespace) -> int:
    """Writes an archive of builds.

    Raises:
        UsageError: builds or the file were not given.
        StoreError: a build is not in the store, or was altered.
        ArchiveError: the file is there already, or cannot be written.
    """
    store: Path = options.store
    names, path = _builds_and_file(options.names, store)
    keys = build_keys(store) if list(names) == ["all"] else [find_build(store, name) for name in names]
    if not keys:
        raise StoreError(f"{store} holds no build: give another --store.")
    # Two beginnings may mean the same build.
    builds = {key: read_build(store / "builds" / key, key) for key in keys}
    digest = write_archive(path, [(key, build.folder, signature_of(store, key)) for key, build in builds.items()])
    for key, build in builds.items():
        sys.stdout.write(f"{key} {build.title}\n")
    sys.stdout.write(f"{path}: {len(builds)} {'build' if len(builds) == 1 else 'builds'}, SHA-256 {digest}\n")
    return 0


def _builds_and_file(given: Sequence[str], store: Path) -> tuple[Sequence[str], Path]:
    if not given:
        raise UsageError(f"No build was given: give builds of the store and a file, {_EXAMPLE}.")
    if not all(given):
        raise UsageError("BUILD or FILE is empty, as an unset variable leaves it: give both.")
    if len(given) == 1:
        raise UsageError(f"'{given[0]}' stands alone: give builds of the store and a file, {_EXAMPLE}.")
    if is_beginning(given[-1], build_keys(store)):
        raise UsageError(f"'{given[-1]}' is a build of the store, not a file: give the file last, {_EXAMPLE}.")
    return given[:-1], Path(given[-1]).absolute()
