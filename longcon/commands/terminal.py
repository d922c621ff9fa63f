"""What commands write on a terminal: tables, and names that others chose."""

from __future__ import annotations

from collections.abc import Sequence

_UNITS = ("B", "kB", "MB", "GB", "TB")


def printable(text: str) -> str:
    """Returns a text that others chose as one line which no terminal obeys."""
    return text if text.isprintable() else ascii(text)


def table(rows: Sequence[Sequence[str]], *, right: Sequence[int] = ()) -> list[str]:
    """Returns the lines of a table, its columns two spaces apart.

    Args:
        rows: each of the same number of cells, the first the header.
        right: columns whose cells end at one place, as numbers do.
    """
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            f"{cell:>{width}}" if column in right else f"{cell:{width}}"
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def size_in_words(size: int) -> str:
    """Returns a number of bytes with a unit of a thousand, e.g. ``"34.2 MB"``."""
    value, unit = float(size), 0
    while value >= 999.95 and unit + 1 < len(_UNITS):
        value, unit = value / 1000, unit + 1
    return f"{value:.1f} {_UNITS[unit]}" if unit else f"{size} B"
