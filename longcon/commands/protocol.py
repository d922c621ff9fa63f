"""Write a protocol to start from: `python -m longcon protocol init`.

It is commented, says what the defaults say, and runs as it is: pytest validation --protocol=protocol.toml
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from longcon.commands.output import write_out
from longcon.commands.parser import Parser, UsageError, file
from longcon.errors import did_you_mean
from longcon.protocol import template

_ACTIONS = ("init",)


def add_options(parser: Parser) -> None:
    """Adds the command's options."""
    parser.add_argument("action", nargs="?", metavar="init", help="write a protocol to start from")
    parser.add_argument(
        "--out",
        type=file("--out"),
        default=Path("protocol.toml").absolute(),
        metavar="FILE",
        help="where to write it (default: protocol.toml)",
    )


def run(options: argparse.Namespace) -> int:
    """Writes a protocol.

    Raises:
        UsageError: nothing that is known was asked for, or the file is there already or cannot be written.
    """
    if options.action is None:
        raise UsageError("No action was given: give python -m longcon protocol init.")
    if options.action not in _ACTIONS:
        hint = did_you_mean(options.action, _ACTIONS)
        raise UsageError(f"Action '{options.action}' is unknown{hint}: give python -m longcon protocol init.")
    if os.path.lexists(options.out):
        raise UsageError(f"{options.out} is there already, and a protocol is not overwritten: give another --out.")
    write_out(options.out, template().encode())
    sys.stdout.write(f"{options.out}\n")
    return 0
