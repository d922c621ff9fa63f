"""Draw Figures 1 and 2 of the paper from builds of this project."""

from __future__ import annotations

import argparse

from longcon.commands.build_options import add_build_options
from longcon.commands.parser import Parser, UsageError, folder


def add_options(parser: Parser) -> None:
    """Adds the command's options."""
    parser.add_argument("--out", type=folder("--out"), metavar="FOLDER", help="where the figures go; required")
    add_build_options(parser)


def run(options: argparse.Namespace) -> int:
    """Draws the figures."""
    if options.out is None:
        raise UsageError("--out is missing: give the folder for the figures, such as --out=figures.")
    return 0
