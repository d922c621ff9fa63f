"""Say what this machine can do, and whether a store is sound.

Told are its devices, which surrogates change anything on them, the versions, and what lies in the store, every byte of
its builds verified. Nothing is written there, and no build is trained. Each surrogate has a process of its own, which
takes seconds to start.

Exit codes: 0 nothing is wrong; 1 the store holds an altered build, or no surrogate is effective on any device; 4 a
mistake in what was given.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from longcon.builds.health import store_health
from longcon.commands.doctor_machine import devices_found
from longcon.commands.doctor_report import Report, as_json
from longcon.commands.doctor_text import as_text
from longcon.commands.parser import Parser, folder
from longcon.progress import ProgressLine


def add_options(parser: Parser) -> None:
    """Adds the command's options."""
    add = parser.add_argument
    add(
        "--store",
        type=folder("--store"),
        default=Path(".longcon").absolute(),
        metavar="FOLDER",
        help="folder of builds to look into (default: .longcon)",
    )
    add("--json", action="store_true", help="print one JSON object instead of text")


def run(options: argparse.Namespace) -> int:
    """Prints the report and returns the exit code.

    Raises:
        StoreError: the store is no folder or cannot be listed.
    """
    line = ProgressLine(sys.stderr)
    health = store_health(options.store, lambda done, total: line.reading("verifying builds", done, total))
    devices = devices_found(progress=lambda done, total: line.reading("asking devices", done, total))
    report = Report.of(devices, options.store, health)
    sys.stdout.write(json.dumps(as_json(report), indent=1) + "\n" if options.json else as_text(report))
    return 1 if report.failures else 0
