"""Tell everything about one build, e.g. `python -m longcon show 1f2e`.

A build is named by its key in the store, or by a beginning of it. All of its files are verified first. A signature is
only said to be there: `check-signature` verifies it.
"""

from __future__ import annotations

import argparse
import json
import sys
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from longcon.builds.build_names import find_build
from longcon.commands.build_differences import flat
from longcon.commands.build_facts import full_facts, moment_in_words
from longcon.commands.parser import Parser, UsageError
from longcon.commands.stored_build import add_store, stored_build
from longcon.commands.terminal import printable, size_in_words, table
from longcon.progress import clock

_WIDTH = 18
_LINE = 120
_EXAMPLE = "python -m longcon show 1f2e"


def add_options(parser: Parser) -> None:
    """Adds the command's options."""
    parser.add_argument("build", nargs="?", metavar="BUILD", help="key of a build, or a beginning of it")
    add_store(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(options: argparse.Namespace) -> int:
    """Tells of a build.

    Raises:
        UsageError: no build was given.
        StoreError: it is not in the store, or was altered.
    """
    if options.build is None:
        raise UsageError(f"No build was given: give one of the store, {_EXAMPLE}.")
    store: Path = options.store
    facts = full_facts(stored_build(store, find_build(store, options.build), whole=True))
    if options.json:
        sys.stdout.write(json.dumps(facts, indent=1) + "\n")
        return 0
    for name, text in _rows(facts):
        sys.stdout.write(_paragraph(name, printable(text)))
    sys.stdout.write("files, all as they were written\n")
    for line in table(_files(facts), right=(1,)):
        sys.stdout.write(f"  {line}\n")
    return 0


def _rows(facts: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield "build", facts["key"]
    yield "what", facts["title"]
    yield "marks", "; ".join(_marks(facts)) or "none"
    yield from _of_the_request(facts["request"])
    yield from _of_the_machine(facts)
    yield from _of_the_training(facts)
    yield from _of_the_cases(facts)


def _marks(facts: Mapping[str, Any]) -> Iterator[str]:
    reference = facts["reference"]
    if reference:
        behind = f"audit {reference['audit']}" if reference["audit"] else "no audit stands behind it"
        yield (
            f"reference, released at epoch {reference['epoch']} with tau {reference['tau']:.4f}, marked "
            f"{moment_in_words(reference['marked'])} by {reference['operator']}, {behind}"
        )
    if facts["signed"]:
        yield "signed (not verified here)"
    if facts["imported_from"]:
        yield f"imported from {facts['imported_from']}"


def _of_the_request(request: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    command = request["problem"].get("command")
    if command is None:
        yield "recipe", ", ".join(f"{name.replace('_', ' ')} {_in_recipe(v)}" for name, v in request["recipe"].items())
    else:
        yield "command", str(command)
    yield "replicate", str(request["replicate"])
    if request.get("killed_after"):
        yield "killed", f"on purpose after epoch {request['killed_after']}"
    if request.get("rebuild_of"):
        yield "rebuild of", str(request["rebuild_of"])
    yield "data", f"SHA-256 {request['data']}"
    yield "code", f"longcon {request['code']}"
    if request["problem"]:
        yield "problem's code", ", ".join(f"{name} {_value(value)}" for name, value in flat(request["problem"]).items())


def _of_the_machine(facts: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    request = facts["request"]
    yield "device", facts["device"]
    yield "numeric class", str(request["numeric_class"])
    yield "machine", ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in facts["hardware"].items()) or "-"
    yield "software", ", ".join(f"{name} {value}" for name, value in request["software"].items()) or "-"


def _of_the_training(facts: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    resumed = ", resumed after epoch " + _value(facts["resumed_at"]) if facts["resumed_at"] else ", never resumed"
    lasted = clock(facts["seconds"]) if facts["seconds"] >= 60 else f"{facts['seconds']:.1f} s"
    yield "trained", f"{moment_in_words(facts['started'])}, in {lasted}{resumed}, by run {facts['run']}"
    of = f" of {facts['epochs']}; best {facts['best_epoch']}" if facts["epochs"] is not None else ""
    yield "epochs kept", f"{_value(facts['epochs_kept'])}{of}"
    yield "hold-out error", ", ".join(f"{epoch}: {error:.4f}" for epoch, error in facts["holdout_error"].items())


def _of_the_cases(facts: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    cases, cutoff = facts["cases"], facts["cutoff"]
    if cases is None:
        yield "cases", "not listed, since it was trained before builds kept their list: run again with --fresh"
        return
    kind = ", simulated" if cases["simulated"] else ""
    yield "problem", facts["problem"]
    yield "classes", f"{len(cases['classes'])}: {', '.join(cases['classes'])}; the target is {cases['target']}"
    yield "cases", f"{cases['holdout']} of the hold-out, {cases['prospective']} prospective{kind}"
    at = f"at epoch {cutoff['epoch']}, {'which is released' if facts['reference'] else 'not released'}"
    if cutoff["tau"] is None:
        yield "tau", f"none {at}: {cutoff['why'].splitlines()[0]}"
    else:
        yield (
            "tau",
            f"{cutoff['tau']:.4f} {at}; it calls {cutoff['true_positives']} of {cutoff['targets']} "
            f"'{cases['target']}' hold-out cases (recall {cutoff['recall']:.4f})",
        )


def _files(facts: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    return [
        (name, size_in_words(about["size"]), f"SHA-256 {about['sha256']}") for name, about in facts["files"].items()
    ]


def _in_recipe(value: Any) -> str:
    return f"({_value(value)})" if isinstance(value, list) else _value(value)


def _value(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def _paragraph(name: str, text: str) -> str:
    """Returns a name with what is said under it, broken into lines of which each begins under the first."""
    lines = textwrap.wrap(text, _LINE - _WIDTH, break_on_hyphens=False) or [""]
    return "".join(f"{name if n == 0 else '':{_WIDTH}}{line}".rstrip() + "\n" for n, line in enumerate(lines))
