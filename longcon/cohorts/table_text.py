"""Reads a table of text, separated by commas or tabs, gzipped or not, in blocks and without guessing any type.

What pyarrow would infer from a first block - that ``001`` is a number, that a column is whole - is said beforehand:
identifiers and classes are text, everything else is a number. Only truth values are told by the first row.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pyarrow as pa
from pyarrow import csv as pa_csv

from longcon.cohorts.table_batches import rows_of
from longcon.cohorts.table_columns import Columns, Request, chosen_columns
from longcon.cohorts.table_faults import MISSING
from longcon.cohorts.table_rows import Rows
from longcon.cohorts.text_stream import TextStream
from longcon.errors import CohortError

# A row of a million methylation probes is about 17 MB.
_BLOCK = 32 << 20
_MOST_COLUMNS = 2_000_000
_RAGGED = re.compile(r"Row #(\d+): Expected (\d+) columns, got (\d+)")
_TRUE, _FALSE = ("true", "True", "TRUE"), ("false", "False", "FALSE")

ABSENT = (*MISSING, "None", "<NA>", "#N/A", "#NA", "n/a", "-nan", "-NaN")
"""Cells that stand for a missing number."""


@dataclass(frozen=True)
class Layout:
    """How a table of text is laid out.

    Attributes:
        path: the file.
        delimiter: what separates two cells.
        columns: the columns to read.
        truths: positions of the measurements that hold truth values.
    """

    path: Path
    delimiter: str
    columns: Columns
    truths: frozenset[int]


class _Text(io.RawIOBase):
    """The lines below the header, as pyarrow reads a file: a stream of whole lines behind ``read``."""

    def __init__(self, stream: TextStream) -> None:
        self._blocks = stream.blocks()
        self._rest = next(self._blocks, memoryview(b""))

    def first_row(self, delimiter: str) -> list[str]:
        """Returns the cells of the first row; empty when there is none, or when it cannot be told."""
        text = io.StringIO(str(self._rest, "utf-8", "replace"), newline="")
        try:
            return next((cells for cells in csv.reader(text, delimiter=delimiter) if cells), [])
        except csv.Error:
            return []

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]
        if not self._rest:
            self._rest = next(self._blocks, self._rest)
        count = min(len(buffer), len(self._rest))
        buffer[:count], self._rest = self._rest[:count], self._rest[count:]
        return count


def read_text(path: Path, request: Request, delimiter: str) -> tuple[Rows, str]:
    """Reads a table of text whose first line names the columns.

    Args:
        path: the file; whether it is gzipped is told by its first bytes.
        request: which columns are read as what.
        delimiter: what separates two cells.

    Returns:
        The rows, and the SHA-256 of the file's bytes.

    Raises:
        CohortError: the file or the request cannot be used; the message names file, row or case, and column.
    """
    with TextStream(path) as stream:
        columns = chosen_columns(path.name, _header(path, stream.first_line(), delimiter), request)
        text = _Text(stream)
        cells = dict(enumerate(text.first_row(delimiter)))
        truths = {place for place in columns.features if cells.get(place, "").strip() in _TRUE + _FALSE}
        layout = Layout(path, delimiter, columns, frozenset(truths))
        rows = Rows(path.name, columns.feature_names, columns.label_name, request.most_bytes)
        types = {place: pa.bool_() if place in truths else pa.float64() for place in columns.features}
        try:
            for batch in _batches(text, layout, {**types, **dict.fromkeys(columns.named, pa.string())}):
                _add(rows, batch, columns)
        except pa.ArrowInvalid as error:
            # Imported where it is needed, since it reads with what stands here.
            from longcon.cohorts.table_text_faults import raise_text_fault  # noqa: PLC0415

            raise_text_fault(layout, error)
        return rows, stream.digest


read_commas = partial(read_text, delimiter=",")
read_tabs = partial(read_text, delimiter="\t")


def binary_batches(layout: Layout) -> Iterator[pa.RecordBatch]:
    """Reads the wanted columns once more, as the bytes that stand in the file."""
    with TextStream(layout.path) as stream:
        stream.first_line()
        yield from _batches(_Text(stream), layout, dict.fromkeys(layout.columns.wanted, pa.binary()))


def _header(path: Path, line: bytes, delimiter: str) -> list[str]:
    columns = line.count(delimiter.encode()) + 1
    if columns > _MOST_COLUMNS:
        raise CohortError(
            f"{path.name} has {columns} columns where {_MOST_COLUMNS} is the most that can be read; leave some out."
        )
    try:
        text = line.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CohortError(f"{path.name}, header: this is not UTF-8 text; save the table as UTF-8.") from error
    if text.count('"') % 2:
        raise CohortError(f"{path.name}, header: a name has a quotation mark or a line break in it; rename the column.")
    try:
        names = next(csv.reader([text], delimiter=delimiter), [])
    except csv.Error as error:
        raise CohortError(f"{path.name}, header: the names cannot be told apart; give each column a name.") from error
    if len(names) < 2:
        separator = "tabs" if delimiter == "\t" else "commas"
        raise CohortError(
            f"{path.name} has one column where identifiers and measurements are needed; put {separator} between them."
        )
    return names


def _batches(text: _Text, layout: Layout, types: dict[int, pa.DataType]) -> Iterator[pa.RecordBatch]:
    """Yields blocks of rows, columns called by their position, since a name may be anything."""
    try:
        with pa_csv.open_csv(
            text,
            # Threads would read ahead as many blocks as there are processors.
            read_options=pa_csv.ReadOptions(
                use_threads=False,
                block_size=_BLOCK,
                column_names=[str(place) for place in range(len(layout.columns.names))],
            ),
            parse_options=pa_csv.ParseOptions(delimiter=layout.delimiter, newlines_in_values=True),
            convert_options=pa_csv.ConvertOptions(
                include_columns=[str(place) for place in layout.columns.wanted],
                column_types={str(place): kind for place, kind in types.items()},
                null_values=list(ABSENT),
                true_values=list(_TRUE),
                false_values=list(_FALSE),
                strings_can_be_null=False,
            ),
        ) as reader:
            yield from reader
    except pa.ArrowInvalid as error:
        _raise_broken(layout, str(error))
        raise


def _raise_broken(layout: Layout, message: str) -> None:
    """Raises the CohortError for a text that falls apart before any value is read; returns when it does not."""
    # pyarrow's own handler of such rows cannot be asked: it trips over one that is not UTF-8.
    ragged = _RAGGED.search(message)
    if ragged:
        row, expected, found = ragged.groups()
        cells = f"{found} cell{'' if found == '1' else 's'}"
        raise CohortError(f"{layout.path.name}, row {row}: {cells} where the header has {expected}; correct the row.")
    if "straddl" in message:
        raise CohortError(
            f"{layout.path.name} has a row of more than {_BLOCK >> 20} MB, or a quotation mark that is never closed; "
            "correct the row."
        )
    if message.startswith("Empty CSV"):
        raise CohortError(f"{layout.path.name} has no row of values; give a table with one row per case.")


def _add(rows: Rows, batch: pa.RecordBatch, columns: Columns) -> None:
    # The columns come in the order asked for.
    labelled = columns.label is not None
    cases, labels = batch.column(0).to_pylist(), batch.column(1).to_pylist() if labelled else None
    added = rows.add(cases, labels)
    rows.values[added] = rows_of(batch.columns[1 + labelled :])
    rows.check(added)
