"""List the builds of a store, one line each.

Every file of every build is read and held against its manifest; builds that were altered are listed too, with what is
wrong. `show` tells everything about one of them.

Exit codes: 0 all builds are as they were written, or there are none; 1 some were altered; 4 the folder is no store.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from longcon.builds.build_names import build_keys
from longcon.builds.provenance import reference_path
from longcon.builds.reference import references
from longcon.commands.build_facts import brief_facts, moment_in_words
from longcon.commands.parser import Parser
from longcon.commands.stored_build import add_store, stored_build
from longcon.commands.terminal import printable, size_in_words, table
from longcon.errors import StoreError
from longcon.progress import ProgressLine

KEY_SHOWN = 12
_HEADER = ("build", "what", "problem", "epochs", "epoch", "when", "size", "marks")
_NUMBERS = (3, 6)


def add_options(parser: Parser) -> None:
    """Adds the command's options."""
    add_store(parser)
    parser.add_argument("--json", action="store_true", help="print JSON, one array of objects")


def run(options: argparse.Namespace) -> int:
    """Lists builds.

    Raises:
        StoreError: the folder is no store.
    """
    store: Path = options.store
    found = sorted(_found(store), key=_order)
    if options.json:
        sys.stdout.write(json.dumps(found, indent=1) + "\n")
    else:
        sys.stdout.write("".join(f"{line}\n" for line in _lines(store, found)))
    return 1 if any(one["altered"] for one in found) else 0


def _found(store: Path) -> Iterator[dict[str, Any]]:
    keys = build_keys(store)
    progress = ProgressLine(sys.stderr)
    for done, key in enumerate(keys, start=1):
        try:
            facts = brief_facts(stored_build(store, key, whole=True))
        except StoreError as error:
            facts = {"key": key, "altered": str(error)}
        yield facts
        if progress.live:
            progress.reading("reading builds", done, len(keys))
    for key in sorted({*references(store)} - {*keys}):
        why = f"Build {key} was released ({reference_path(store, key)}), but is not there: restore it from a copy."
        yield {"key": key, "altered": why}


def _order(facts: dict[str, Any]) -> tuple[Any, ...]:
    """By problem, k, device and replicate; what was altered comes last, where it is seen."""
    if facts["altered"]:
        return (True, "", 0, "", 0, facts["key"])
    return (False, facts["problem"] or "", facts["k"], facts["device"], facts["replicate"], facts["key"])


def _lines(store: Path, found: list[dict[str, Any]]) -> Iterator[str]:
    if not found:
        yield f"{store} holds no build yet: a run of pytest validation with this --store trains some."
        return
    sound = [facts for facts in found if not facts["altered"]]
    if sound:
        yield from table([_HEADER, *(_row(facts) for facts in sound)], right=_NUMBERS)
    for facts in found[len(sound) :]:
        yield f"{facts['key'][:KEY_SHOWN]}  ALTERED: {printable(facts['altered'])}"


def _row(facts: dict[str, Any]) -> tuple[str, ...]:
    best = f"best {facts['best_epoch']}" if facts["best_epoch"] is not None else "-"
    released = facts["released_epoch"]
    return (
        facts["key"][:KEY_SHOWN],
        printable(facts["title"]),
        printable(facts["problem"] or "-"),
        str(facts["epochs"] or "-"),
        best if released is None else f"released {released}",
        printable(moment_in_words(facts["started"])),
        size_in_words(facts["size"]),
        ", ".join(_marks(facts)) or "-",
    )


def _marks(facts: dict[str, Any]) -> Iterator[str]:
    if facts["reference"]:
        yield "reference" if facts["reference"]["audit"] else "reference without audit"
    if facts["signed"]:
        yield "signed"
