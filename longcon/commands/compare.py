"""Compare any two builds, e.g. `python -m longcon compare 1f2e 9a0b`: how far apart they are, and which calls differ.

The first, A, is the reference: its tau is carried to the second, B. If A is released, its released epoch and tau are
taken; otherwise --epoch or A's best epoch, and tau as A's own hold-out gives it. The builds may be of other devices,
recipes and versions, which is said; they must score the same cases after training on the same data.

It is a comparison, not a verdict: exit code 0 whenever both were compared, whatever was found; 4 they can't be.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from longcon.builds import Build
from longcon.builds.build_names import find_build
from longcon.checks.comparable import require_comparable, require_kept_by_both, shared_epochs
from longcon.checks.comparison import (
    Calls,
    Comparison,
    Parameters,
    compare_builds,
)
from longcon.commands.build_differences import differences
from longcon.commands.comparison_text import lines_of, sentence_of
from longcon.commands.parser import Parser, UsageError, whole_number
from longcon.commands.stored_build import StoredBuild, add_store, stored_build
from longcon.errors import BuildError

_EXAMPLE = "python -m longcon compare 1f2e 9a0b"


def add_options(parser: Parser) -> None:
    """Adds the command's options."""
    parser.add_argument("builds", nargs="*", metavar="BUILD", help="keys of two builds, or beginnings of them")
    add_store(parser)
    parser.add_argument(
        "--epoch", type=whole_number("--epoch", 0), metavar="E", help="compare at this one (default: see above)"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(options: argparse.Namespace) -> int:
    """Compares two builds.

    Raises:
        UsageError: two builds were not given, or they cannot be compared.
        StoreError: one is not in the store, or was altered.
    """
    if len(options.builds) != 2:
        given = {0: "No build was", 1: "One build was"}.get(len(options.builds), f"{len(options.builds)} builds were")
        raise UsageError(f"{given} given: give two of the store, {_EXAMPLE}.")
    store: Path = options.store
    a, b = (stored_build(store, find_build(store, name), whole=False) for name in options.builds)
    found, differ = _compared(a, b, options.epoch), differences(a.build, b.build)
    if options.json:
        sys.stdout.write(json.dumps(_as_json(a, b, found, differ), indent=1, allow_nan=False) + "\n")
    else:
        sys.stdout.write("".join(f"{line}\n" for line in lines_of(a, b, found, differ)))
    return 0


def _compared(a: StoredBuild, b: StoredBuild, given: int | None) -> Comparison:
    try:
        require_comparable(a.build, b.build)
        epoch = _epoch(a, b.build, given)
        require_kept_by_both(a.build, b.build, epoch)
    except BuildError as error:
        raise UsageError(str(error)) from error
    return compare_builds(a.build, b.build, epoch, a.reference.tau if a.reference else None)


def _epoch(a: StoredBuild, b: Build, given: int | None) -> int:
    if a.reference is not None:
        if given not in (None, a.reference.epoch):
            raise UsageError(
                f"--epoch is {given}, but A ({a.key}) is released at epoch {a.reference.epoch}: leave --epoch out."
            )
        return a.reference.epoch
    if given is not None:
        return given
    return a.build.best_epoch if a.build.request["keep_best"] else shared_epochs(a.build, b)[-1]


def _as_json(
    a: StoredBuild, b: StoredBuild, found: Comparison, differ: Mapping[str, tuple[str, str]]
) -> dict[str, Any]:
    return {
        "a": _named(a),
        "b": _named(b),
        "differ_in": {name: list(pair) for name, pair in differ.items()},
        "same_numeric_class": a.build.numeric_class == b.build.numeric_class,
        "epoch": found.epoch,
        "shared_epochs": list(found.shared),
        "parameters": _parameters_as_json(found.parameters),
        "calls": None if found.calls is None else _calls_as_json(found.calls),
        "no_calls": found.no_calls or None,
        "sentence": sentence_of(found),
    }


def _named(stored: StoredBuild) -> dict[str, Any]:
    return {"key": stored.key, "title": stored.build.title, "released": stored.reference is not None}


def _parameters_as_json(parameters: Parameters) -> dict[str, Any]:
    bits = parameters.bits
    return {
        "vector_sine": parameters.sine,
        "undefined": parameters.undefined or None,
        "values": parameters.values,
        "first_other_bit": None
        if bits is None
        else {"epoch": bits[0], "in": bits[1], "differing": bits[2].differing, "of": bits[2].total},
        "first_differing_step": parameters.step,
        "steps_compared": parameters.steps,
        "steps_not_compared": parameters.no_steps or None,
    }


def _calls_as_json(calls: Calls) -> dict[str, Any]:
    found = calls.table
    return {
        "tau": calls.tau,
        "cases": found.cases,
        "concordant": found.concordant,
        "discordant": found.discordant,
        "conclusive_in_some": found.conclusive_in_some,
        "conclusive_in_none": found.conclusive_in_none,
        "discrepancy_rate": found.discrepancy_rate,
        "upper_bound": calls.bound,
        "discordant_cases": [asdict(case) for case in calls.discordant],
        "crossed_cases": [asdict(case) for case in calls.crossed],
    }
