"""Reads a Parquet table: its names first, then some of the wanted columns after the other, in batches of rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow import types

from longcon.cohorts.table_batches import rows_of
from longcon.cohorts.table_columns import Columns, Request, chosen_columns, shown
from longcon.cohorts.table_rows import Rows
from longcon.cohorts.text_stream import file_digest
from longcon.errors import CohortError

_ROWS_AT_ONCE = 16_384
_COLUMNS_AT_ONCE = 128
_LONGEST_NAME_BYTES = 4000


def read_parquet(path: Path, request: Request) -> tuple[Rows, str]:
    """Reads a Parquet file.

    Args:
        path: the file.
        request: which columns are read as what.

    Returns:
        The rows, and the SHA-256 of the file's bytes.

    Raises:
        CohortError: the file or the request cannot be used; the message names file, case and column.
    """
    digest = file_digest(path)
    with _damage_named(path):
        with pq.ParquetFile(path) as file:
            metadata, schema = file.metadata, file.schema_arrow
        # Asked of pyarrow once: it makes these lists anew each time.
        names, kinds = schema.names, schema.types
        columns = chosen_columns(path.name, names, request)
        _check_kinds(path, kinds, columns)
        rows = Rows(path.name, columns.feature_names, columns.label_name, request.most_bytes)
        rows.check_size(metadata.num_rows)
        named = [names[place] for place in columns.named]
        # As a dictionary, a long text that a small file repeats a million times is still held once.
        texts = [names[place] for place in columns.named if _is_text(kinds[place])]
        with pq.ParquetFile(path, metadata=metadata, read_dictionary=texts, pre_buffer=False) as file:
            _add_names(path, file, rows, named)
            _fill(file, rows, [names[place] for place in columns.features])
    rows.check(slice(0, rows.values.shape[0]))
    return rows, digest


@contextmanager
def _damage_named(path: Path) -> Iterator[None]:
    try:
        yield
    except UnicodeDecodeError as error:
        raise CohortError(f"{path.name} holds text that is not UTF-8; write the table as UTF-8.") from error
    except (pa.ArrowException, OSError, ValueError, KeyError, OverflowError, MemoryError) as error:
        raise CohortError(
            f"{path.name} is no Parquet file or is damaged; write it again or use another copy."
        ) from error


def _check_kinds(path: Path, kinds: list[pa.DataType], columns: Columns) -> None:
    for place in columns.features:
        kind = kinds[place]
        if not _is_number(kind):
            raise CohortError(
                f"{path.name}: column '{shown(columns.names[place])}' holds {_kind(kind)} where numbers are needed; "
                "convert it or leave the column out."
            )
    for named, what in ((columns.case, "identifiers"), (columns.label, "classes")):
        if named is not None and not _is_name(kinds[named]):
            raise CohortError(
                f"{path.name}: column '{shown(columns.names[named])}' holds {_kind(kinds[named])} where {what} "
                "are needed; name a column of text or whole numbers."
            )


def _is_number(kind: pa.DataType) -> bool:
    checks = (types.is_integer, types.is_floating, types.is_boolean, types.is_decimal, types.is_null)
    return any(check(kind) for check in checks)


def _is_text(kind: pa.DataType) -> bool:
    return any(check(kind) for check in (types.is_string, types.is_large_string, types.is_string_view))


def _is_name(kind: pa.DataType) -> bool:
    if types.is_dictionary(kind):
        return _is_text(kind.value_type) or types.is_integer(kind.value_type)
    return _is_text(kind) or any(check(kind) for check in (types.is_integer, types.is_boolean, types.is_null))


def _kind(kind: pa.DataType) -> str:
    if types.is_temporal(kind):
        return "dates or times"
    if types.is_floating(kind) or types.is_decimal(kind):
        return "fractional numbers"
    if types.is_dictionary(kind):
        return "categories"
    return "text" if _is_text(kind) else "neither text nor numbers"


def _add_names(path: Path, file: pq.ParquetFile, rows: Rows, names: list[str]) -> None:
    for columns in _batches(file, names):
        cases, *labels = [_texts(path, column) for column in columns]
        rows.add(cases, labels[0] if labels else None)
    rows.trim()


def _fill(file: pq.ParquetFile, rows: Rows, names: list[str]) -> None:
    """Reads some columns after the other: each that is open keeps a page and a dictionary, often a megabyte."""
    for first in range(0, len(names), _COLUMNS_AT_ONCE):
        some = names[first : first + _COLUMNS_AT_ONCE]
        start = 0
        for columns in _batches(file, some):
            block = rows_of(columns)
            rows.values[start : start + len(block), first : first + len(some)] = block
            start += len(block)
        if start != rows.values.shape[0]:
            raise ValueError("the columns differ in length")


def _batches(file: pq.ParquetFile, names: list[str]) -> Iterator[list[pa.Array]]:
    """Yields some rows of the columns ``names``, in their order, which need not be the file's."""
    for batch in file.iter_batches(batch_size=_ROWS_AT_ONCE, columns=names):
        places = {name: place for place, name in enumerate(batch.schema.names)}
        yield [batch.column(places[name]) for name in names]


def _texts(path: Path, column: pa.Array) -> list[str | None]:
    words = column.dictionary if types.is_dictionary(column.type) else column
    if _is_text(words.type) and (pc.max(pc.binary_length(words)).as_py() or 0) > _LONGEST_NAME_BYTES:
        raise CohortError(
            f"{path.name} has an identifier or a class of more than {_LONGEST_NAME_BYTES} bytes; name other columns."
        )
    return [None if value is None else str(value) for value in column.to_pylist()]
