"""Try what may make a recipe repeatable, the cheapest first: each is held against the whole gate.

The recipe as it is goes through `pytest validation` first. Where that fails, these are tried in turn: an earlier
release, k = 2, 4, 8, another epsilon of the layer normalisation, half the learning rate, portable arithmetic. Each has
a folder below OUT with its protocol, its audit, and what pytest printed; OUT/remedies.csv has what each costs.
Exit code 0 if the gate passes something, 1 if nothing.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from longcon.builds.build import Build
from longcon.commands.cluster_option import add_cluster_option, connected
from longcon.commands.output import require_writable, write_out
from longcon.commands.parser import Parser, UsageError, folder
from longcon.commands.remedy_text import Tried, as_csv, as_json, as_text
from longcon.commands.run_options import add_run_options, asked_of, store_of
from longcon.protocol import FLAGS, Protocol, template
from longcon.protocol.template import EXAMPLE
from longcon.remedies import Remedy, Word, ask_gate, earlier_release, remedies


def add_options(parser: Parser) -> None:
    """Adds the command's options."""
    add = parser.add_argument
    add(
        "--out",
        type=folder("--out"),
        default=Path("remedy").absolute(),
        metavar="FOLDER",
        help="where protocols and audits go (default: remedy)",
    )
    add("--first", action="store_true", help="stop at the first remedy that the gate passes")
    add("--json", action="store_true", help="print JSON")
    add_run_options(parser, [flag.name for flag in FLAGS])
    add_cluster_option(parser)


def run(options: argparse.Namespace) -> int:
    """Tries remedies and tells what the gate says of each.

    Raises:
        UsageError: an option cannot be used, or the gate refuses to run the recipe.
        LongconError: a run of the gate left nothing to go by.
    """
    with connected(options) as cluster:
        asked = asked_of(options, "remedy", cluster)
    if os.path.lexists(options.out / "remedies.csv"):
        raise UsageError(f"{options.out / 'remedies.csv'} is there already: give another --out.")
    require_writable(options.out)
    start = asked.protocol
    if start.file is None:
        # What every file of a protocol needs and no flag says.
        start = replace(start, identity=EXAMPLE.identity, signatories=EXAMPLE.signatories)
    as_it_is = Tried("the recipe as it is", _asked(options, Remedy("recipe", "the recipe as it is", start)))
    if as_it_is.word.verdict == "NOT TRIED":
        raise UsageError(as_it_is.word.sentence)
    tried = [as_it_is] if as_it_is.word.passes else [as_it_is, *_tried(options, start, as_it_is.word)]
    write_out(options.out / "remedies.csv", as_csv(tried))
    sys.stdout.write(as_json(tried) + "\n" if options.json else as_text(tried, options.out))
    return 0 if any(one.word.passes for one in tried) else 1


def _tried(options: argparse.Namespace, start: Protocol, failed: Word) -> Iterator[Tried]:
    found = list(remedies(start, _earlier(options, start, failed)))
    for number, remedy in enumerate(found, 1):
        sys.stderr.write(f"longcon: remedy {number} of {len(found)}: {remedy.title}\n")
        if remedy.refused:
            word = Word("NOT TRIED", remedy.refused, options.out / remedy.name / "audit")
        else:
            word = _asked(options, remedy)
        yield Tried(remedy.title, word)
        if word.passes and options.first:
            return


def _earlier(options: argparse.Namespace, start: Protocol, failed: Word) -> int | None:
    """Returns the epoch of an earlier release, from the builds that the gate's run left in the store."""
    if failed.epoch is None or len(failed.builds) < 2:
        return None
    store = store_of(options)
    original, *rebuilds = (store.read(key) for key in failed.builds)
    same = [build for build in rebuilds if _comparable(original, build)]
    return earlier_release(original, same, failed.epoch, start.limits.sine_tolerance) if same else None


def _comparable(original: Build, build: Build) -> bool:
    return bool(build.request["recipe"] == original.request["recipe"])


def _asked(options: argparse.Namespace, remedy: Remedy) -> Word:
    place = options.out / remedy.name
    note = f"Written by python -m longcon remedy: {remedy.title}."
    require_writable(place)
    write_out(place / "protocol.toml", template(remedy.protocol, note).encode())
    further = ["--fresh"] if options.fresh else []
    further += [f"--{name}={value}" for name in ("jobs", "cluster") if (value := getattr(options, name)) is not None]
    return ask_gate(place / "protocol.toml", options.store, place, further)
