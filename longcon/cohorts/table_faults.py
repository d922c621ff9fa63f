"""Names what is wrong in a block of a beta table that the fast parser refused: line, probe, sample and value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NoReturn

from longcon.errors import CohortError

MISSING = ("", "NA", "N/A", "NaN", "nan", "na", "null", "NULL", "Null")
"""Cells that stand for a missing value."""

_SHOWN = 40


@dataclass(frozen=True)
class Wanted:
    """What is read of a table.

    Attributes:
        source: the file's name, for messages.
        fields: number of fields in every line.
        columns: position of each wanted sample's betas; its detection p-values stand one to the right.
        samples: name of each wanted sample's column.
    """

    source: str
    fields: int
    columns: tuple[int, ...]
    samples: tuple[str, ...]


def raise_fault(text: bytes, wanted: Wanted, first_line: int) -> NoReturn:
    """Raises the CohortError for the first fault in ``text``, whose first line is number ``first_line`` of the file."""
    for number, line in enumerate(text.removesuffix(b"\n").split(b"\n"), start=first_line):
        fault = _fault(line.removesuffix(b"\r"), wanted)
        if fault:
            raise CohortError(f"{wanted.source}, line {number}{fault}")
    raise CohortError(
        f"{wanted.source}, line {first_line} or one soon after it cannot be parsed; fetch the file again."
    )


def _fault(line: bytes, wanted: Wanted) -> str:
    try:
        cells = line.decode("utf-8").split("\t")
    except UnicodeDecodeError:
        return " is not UTF-8 text; fetch the file again or use another copy."
    if len(cells) < wanted.fields:
        return (
            f": {len(cells)} field{'' if len(cells) == 1 else 's'} where the header has {wanted.fields}, "
            "so the table is truncated; fetch it again or use a complete copy."
        )
    if len(cells) > wanted.fields:
        return f": {len(cells)} fields where the header has {wanted.fields}; remove the line or fetch the file again."
    if not cells[0].strip('"'):
        return ": the probe has no name; remove the line or fetch the file again."
    for column, sample in zip(wanted.columns, wanted.samples, strict=True):
        for offset, what in ((0, "beta"), (1, "detection p-value")):
            fault = _cell_fault(cells[column + offset], what)
            if fault:
                return f", probe {_shown(cells[0])}, {sample}: {fault}"
    return ""


def _cell_fault(cell: str, what: str) -> str:
    if cell in MISSING:
        return ""
    advice = "correct the file or fetch it again."
    try:
        value = float(cell)
    except ValueError:
        return f"the {what} '{_shown(cell)}' is not a number; {advice}"
    if not 0.0 <= value <= 1.0:
        return f"the {what} {_shown(cell)} is outside [0, 1]; {advice}"
    # Python reads more as a number than a table may hold.
    if "_" in cell or not cell.isascii():
        return f"the {what} '{_shown(cell)}' is not a number; {advice}"
    return ""


def _shown(text: str) -> str:
    printable = "".join(letter if letter.isprintable() else "?" for letter in text)
    return printable if len(printable) <= _SHOWN else f"{printable[:_SHOWN]}..."
