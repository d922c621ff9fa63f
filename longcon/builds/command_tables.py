"""Tables of scores in Parquet and CSV: text for the cases, a number for each class, whoever wrote them."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet
from numpy.typing import NDArray

from longcon.errors import BuildError, did_you_mean

CASE = "case"
_SHOWN = 40
# A header's bytes: what its names may take, quoted, and room for names that are wrong.
_HEADER, _HEADER_PER_LETTER = 64 << 10, 8
_LARGEST_BLOCK = 2**31 - 1
# Bytes that a row may unpack to: of the name of its case, and of each score.
_UNPACKED_CASE, _UNPACKED_SCORE = 4096, 64
_FAILURES = (pa.ArrowException, OSError, ValueError, TypeError, OverflowError, MemoryError, KeyError)
_WRITE = "write a column 'case' and one for each class"


@dataclass(frozen=True)
class Table:
    """Scores as they were written.

    Attributes:
        cases: one for each row.
        scores: float64, rows x classes.
    """

    cases: list[str]
    scores: NDArray[np.float64]


def csv_table(content: bytes, classes: Sequence[str], rows: int) -> Table:
    """Returns the table in the bytes of ``scores.csv``: commas, a header, UTF-8.

    Args:
        content: of the file.
        classes: the columns beside "case".
        rows: how many are expected.

    Raises:
        BuildError: it is no such table, or has other columns.
    """
    name = "scores.csv"
    header, _, body = content.partition(b"\n")
    names = _header(header, 8 * len(CASE) + _HEADER_PER_LETTER * sum(len(label.encode()) + 1 for label in classes))
    _require_columns(name, names, classes)
    if not body.strip():
        return Table([], np.empty((0, len(classes))))
    # A line may be as long as the file: what is one is seen by the number of its fields.
    options = pa.csv.ReadOptions(use_threads=False, column_names=names, block_size=min(len(body) + 1, _LARGEST_BLOCK))
    as_text = pa.csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False)
    try:
        table = pa.csv.read_csv(pa.BufferReader(body), options, convert_options=as_text)
    except _FAILURES as error:
        raise BuildError(f"{name} is not CSV in UTF-8 with {len(names)} fields in every line: {_WRITE}.") from error
    return _table(name, table, classes, rows)


def parquet_table(content: bytes, classes: Sequence[str], rows: int) -> Table:
    """Returns the table in the bytes of ``scores.parquet``; see `csv_table`."""
    name = "scores.parquet"
    try:
        # Each thread of Arrow's own would unpack a column at the same time.
        with pa.parquet.ParquetFile(pa.BufferReader(content), pre_buffer=False) as file:
            _require_columns(name, file.schema_arrow.names, classes)
            _require_rows(name, file.metadata.num_rows, rows)
            _require_unpacked(name, file.metadata, len(content), rows)
            # The number of rows in the header is as trustworthy as the file.
            batches = []
            for batch in file.iter_batches(batch_size=max(rows, 1), use_threads=False):
                batches.append(batch)
                _require_rows(name, sum(found.num_rows for found in batches), rows)
            table = pa.Table.from_batches(batches, file.schema_arrow)
    except _FAILURES as error:
        raise BuildError(f"{name} is not in the format of Parquet: write it with a library that knows it.") from error
    return _table(name, table, classes, rows)


def shown(text: str) -> str:
    """Returns a name from outside, short and without what steers a terminal."""
    printable = "".join(letter if letter.isprintable() else "?" for letter in text[: _SHOWN + 1])
    return printable if len(printable) <= _SHOWN else f"{printable[:_SHOWN]}..."


def _header(line: bytes, expected: int) -> list[str]:
    if len(line) > _HEADER + expected:
        raise BuildError(f"scores.csv begins with a line of {len(line):,} bytes: {_WRITE}.")
    try:
        return next(csv.reader(io.StringIO(line.decode("utf-8-sig").removesuffix("\r"), newline=""), strict=True), [])
    except (UnicodeDecodeError, csv.Error) as error:
        raise BuildError(f"scores.csv does not begin with names in CSV and UTF-8: {_WRITE}.") from error


def _require_columns(name: str, found: Sequence[str], classes: Sequence[str]) -> None:
    wanted = [CASE, *classes]
    known = set(wanted)
    unknown = next((column for column in found if column not in known), None)
    if unknown is not None:
        hint = did_you_mean(unknown, [column for column in wanted if column not in found])
        raise BuildError(f"{name} has the unknown column '{shown(unknown)}'{hint}: {_WRITE}.")
    counts = Counter(found)
    for column in wanted:
        if counts[column] != 1:
            fault = "lacks the column" if counts[column] == 0 else "has twice the column"
            raise BuildError(f"{name} {fault} '{shown(column)}': {_WRITE}.")


def _require_rows(name: str, found: int, rows: int) -> None:
    # A few too many are told by the names of the cases.
    if found > 2 * rows + 1000:
        raise BuildError(f"{name} has {found:,} rows for {rows:,} cases: write one row for every case.")


def _require_unpacked(name: str, metadata: Any, size: int, rows: int) -> None:
    """Checks that what is packed is about a table of so many rows, and no small file of gigabytes."""
    # Not from the columns: what a header says of them can end this very process, not only this reading (pyarrow 26).
    unpacked = sum(metadata.row_group(index).total_byte_size for index in range(metadata.num_row_groups))
    if unpacked > 16 * size + (rows + 1000) * (_UNPACKED_CASE + _UNPACKED_SCORE * metadata.num_columns):
        raise BuildError(f"{name} unpacks to {unpacked:,} bytes for {rows:,} cases: write one row for every case.")


def _table(name: str, table: Any, classes: Sequence[str], rows: int) -> Table:
    _require_rows(name, table.num_rows, rows)
    try:
        cases = _cases(name, table.column(CASE))
        scores = np.empty((len(cases), len(classes)))
        for index, column in enumerate(classes):
            scores[:, index] = _numbers(name, column, table.column(column), cases)
    except _FAILURES as error:
        raise BuildError(f"{name} holds what is no table of scores: {_WRITE}.") from error
    return Table(cases, scores)


def _cases(name: str, column: Any) -> list[str]:
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    kind = column.type
    is_text = pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    if not (is_text or pa.types.is_integer(kind)):
        raise BuildError(f"{name}: column 'case' is of type {shown(str(kind))}: write text or whole numbers.")
    if column.null_count:
        raise BuildError(f"{name}: column 'case' has a row without a name: name the case of every row.")
    return [str(case) for case in column.to_pylist()]


def _numbers(name: str, label: str, column: Any, cases: Sequence[str]) -> NDArray[np.float64]:
    if pa.types.is_string(column.type) and name.endswith(".csv"):
        column = _parsed(name, label, column, cases)
    if not (pa.types.is_floating(column.type) or pa.types.is_integer(column.type)):
        raise BuildError(f"{name}: column '{shown(label)}' is of type {shown(str(column.type))}: write numbers.")
    # A row without a value becomes NaN, and is refused as such.
    return np.asarray(column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False), dtype=np.float64)


def _parsed(name: str, label: str, column: Any, cases: Sequence[str]) -> Any:
    trimmed = pc.ascii_trim_whitespace(column)
    try:
        return trimmed.cast(pa.float64())
    except pa.ArrowInvalid:
        row = next(row for row, text in enumerate(trimmed) if not _is_number(text))
    raise BuildError(
        f"{name}: '{shown(column[row].as_py())}' of case '{shown(cases[row])}' in column '{shown(label)}' "
        "is not a number: write scores from 0 to 1."
    )


def _is_number(text: Any) -> bool:
    try:
        text.cast(pa.float64())
    except pa.ArrowInvalid:
        return False
    return True
