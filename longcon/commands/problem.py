"""Write a problem to start from: `python -m longcon problem init`.

It is a commented Python file with two example tables beside it, and runs as it is:
pytest validation --problem=problem.py:MyClassifier
"""

from __future__ import annotations

import argparse
import csv
import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

import longcon.problems
from longcon.commands.output import write_out
from longcon.commands.parser import Parser, UsageError, folder
from longcon.errors import did_you_mean

_ACTIONS = ("init",)
# Every second case is a new one, so that both tables hold both classes.
_TABLES = {"reference.csv": 0, "prospective.csv": 1}


def add_options(parser: Parser) -> None:
    """Adds the command's options."""
    parser.add_argument("action", nargs="?", metavar="init", help="write a problem to start from")
    parser.add_argument(
        "--out",
        type=folder("--out"),
        default=Path().absolute(),
        metavar="FOLDER",
        help="folder to write problem.py, reference.csv and prospective.csv into (default: the current one)",
    )


def run(options: argparse.Namespace) -> int:
    """Writes a problem and its example tables.

    Raises:
        UsageError: nothing that is known was asked for, or a file is there already or cannot be written.
    """
    if options.action is None:
        raise UsageError("No action was given: give python -m longcon problem init.")
    if options.action not in _ACTIONS:
        hint = did_you_mean(options.action, _ACTIONS)
        raise UsageError(f"Action '{options.action}' is unknown{hint}: give python -m longcon problem init.")
    files = {options.out / name: content for name, content in _files().items()}
    for path in files:
        if os.path.lexists(path):
            raise UsageError(f"{path} is there already, and nothing is overwritten: give another --out.")
    for path, content in files.items():
        write_out(path, content)
    sys.stdout.write("".join(f"{path}\n" for path in files))
    return 0


def _files() -> dict[str, bytes]:
    template = Path(longcon.problems.__path__[0], "template.py").read_bytes()
    return {"problem.py": template, **{name: _table(first) for name, first in _TABLES.items()}}


def _table(first: int) -> bytes:
    """Returns every second case of scikit-learn's breast-cancer data as CSV."""
    # Imported where it is used: no other command waits for it.
    from sklearn.datasets import load_breast_cancer  # noqa: PLC0415

    data = load_breast_cancer()
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["case", "diagnosis", *data.feature_names])
    for number in np.arange(first, len(data.data), 2):
        writer.writerow(_row(int(number), str(data.target_names[data.target[number]]), data.data[number]))
    return text.getvalue().encode()


def _row(number: int, diagnosis: str, values: Sequence[float]) -> list[object]:
    return [f"case {number:03}", diagnosis, *map(float, values)]
