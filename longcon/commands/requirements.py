"""Write the catalogue of requirements as a page of Markdown, or print it."""

from __future__ import annotations

import argparse
import sys

from longcon.commands.output import write_out
from longcon.commands.parser import Parser, file
from longcon.requirements import CATALOGUE, document


def add_options(parser: Parser) -> None:
    """Adds the command's options."""
    parser.add_argument(
        "--out", type=file("--out"), metavar="FILE", help="where to write it, such as docs/requirements.md (printed)"
    )


def run(options: argparse.Namespace) -> int:
    """Writes or prints the page.

    Raises:
        UsageError: the file system did not take it.
    """
    text = document(CATALOGUE)
    if options.out is None:
        sys.stdout.write(text)
    else:
        write_out(options.out, text.encode())
        sys.stdout.write(f"{options.out}\n")
    return 0
