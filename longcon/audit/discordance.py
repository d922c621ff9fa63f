"""discordant-cases.csv: every discordant case with what each build called it, and how surely."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

COLUMNS = ("comparison", "k", "epoch", "tau", "case", "device", "build", "call", "score")

# A spreadsheet takes a cell that begins so for a formula, and runs it.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def discordant_csv(discordant: Sequence[Mapping[str, Any]]) -> bytes:
    """Returns the table as RFC 4180 has it, a row for each case and build; text that might run gets an apostrophe.

    Args:
        discordant: as in evidence.json.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for case in discordant:
        shared = [case[name] for name in COLUMNS[:5]]
        for made in case["builds"]:
            writer.writerow([_cell(value) for value in (*shared, *(made[name] for name in COLUMNS[5:]))])
    return text.getvalue().encode()


def _cell(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
