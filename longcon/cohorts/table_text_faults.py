"""Names the cell of a table of text that pyarrow could not convert: case, column and what stands there."""

from __future__ import annotations

from typing import NoReturn

import pyarrow as pa
import pyarrow.compute as pc

from longcon.cohorts.table_columns import shown
from longcon.cohorts.table_text import ABSENT, Layout, binary_batches
from longcon.errors import CohortError


def raise_text_fault(layout: Layout, error: pa.ArrowInvalid) -> NoReturn:
    """Raises the CohortError for the first cell of the file that is not what its column needs.

    The file is read a second time, as bytes: the fast reading says neither case nor cell, and a fault ends it anyway.
    """
    rows = 0
    kinds = _kinds(layout)
    for batch in binary_batches(layout):
        faults = [
            (row, order, place)
            for order, place in enumerate(layout.columns.wanted)
            if (row := _first_fault(batch.column(order), kinds[order])) is not None
        ]
        if faults:
            row, order, place = min(faults)
            case, cell = batch.column(0)[row].as_py(), batch.column(order)[row].as_py()
            _raise_cell(layout, rows + row + 1, case, place, cell, error)
        rows += batch.num_rows
    raise CohortError(f"{layout.path.name} changed while it was read; let it be written and try again.") from error


def _raise_cell(layout: Layout, row: int, case: bytes, place: int, cell: bytes, error: pa.ArrowInvalid) -> NoReturn:
    where = f"{layout.path.name}, {_case(case, row)}, column '{shown(layout.columns.names[place])}'"
    try:
        text = cell.decode()
    except UnicodeDecodeError:
        raise CohortError(f"{where}: this is not UTF-8 text; save the table as UTF-8.") from error
    if text.strip() in ABSENT:
        advice = "the value is missing; impute it beforehand or leave the column out."
    elif place in layout.truths:
        advice = (
            f"'{shown(text)}' is neither true nor false as the values above it are; correct it or leave the column out."
        )
    else:
        advice = f"'{shown(text)}' is not a number; correct it or leave the column out."
    raise CohortError(f"{where}: {advice}") from error


def _case(case: bytes, row: int) -> str:
    name = case.decode("utf-8", "replace").strip()
    return f"case {shown(name)}" if name else f"row {row}"


def _kinds(layout: Layout) -> list[pa.DataType]:
    columns = layout.columns
    numbers = [pa.bool_() if place in layout.truths else pa.float64() for place in columns.features]
    return [pa.string()] * (len(columns.wanted) - len(numbers)) + numbers


def _first_fault(column: pa.Array, kind: pa.DataType) -> int | None:
    """Returns the first cell that does not convert, found by halving: pyarrow says that there is one, not where."""
    if _converts(column, kind):
        return None
    low, high = 0, len(column)
    while high - low > 1:
        middle = (low + high) // 2
        if _converts(column.slice(low, middle - low), kind):
            low = middle
        else:
            high = middle
    return low


def _converts(column: pa.Array, kind: pa.DataType) -> bool:
    try:
        text = pc.cast(column, pa.string())
        if kind != pa.string():
            known = text.filter(pc.invert(pc.is_in(text, pa.array(ABSENT))))
            pc.cast(pc.utf8_trim(known, " \t"), kind)
    except pa.ArrowInvalid:
        return False
    return True
