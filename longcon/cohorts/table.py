"""Reads a laboratory's own table: one row per case, one column per measurement, and a column of classes.

The file's ending says how: text (``table_text``), Parquet (``table_parquet``) or AnnData (``table_anndata``). Equal
content gives an equal table, whichever it came from.
"""

from __future__ import annotations

import stat
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from longcon.cohorts.table_anndata import read_anndata
from longcon.cohorts.table_columns import Request
from longcon.cohorts.table_parquet import read_parquet
from longcon.cohorts.table_rows import Rows
from longcon.cohorts.table_text import read_commas, read_tabs
from longcon.cohorts.text_stream import unreadable
from longcon.errors import CohortError

_Reader = Callable[[Path, Request], tuple[Rows, str]]
_READERS: dict[str, _Reader] = {
    ".csv": read_commas,
    ".tsv": read_tabs,
    ".csv.gz": read_commas,
    ".tsv.gz": read_tabs,
    ".parquet": read_parquet,
    ".h5ad": read_anndata,
}


@dataclass(frozen=True, eq=False)
class Table:
    """The measurements of some cases, as a file holds them.

    Attributes:
        cases: identifier of each case, unique, in the file's order.
        features: name of each measurement, unique, in the file's order or in the order asked for.
        values: float64, (cases, features), finite, in C order; read-only.
        labels: class of each case; None where no column of classes was named.
        digest: SHA-256 of the file's bytes, in hexadecimal.
    """

    # Thousands of names and values would bury whatever shows a table.
    cases: tuple[str, ...] = field(repr=False)
    features: tuple[str, ...] = field(repr=False)
    values: NDArray[np.float64] = field(repr=False)
    labels: tuple[str, ...] | None = field(repr=False)
    digest: str


def read_table(
    path: Path,
    *,
    case: str | None = None,
    label: str | None = None,
    features: Sequence[str] | None = None,
    leave_out: Sequence[str] = (),
    most_bytes: int = 8 << 30,
) -> Table:
    """Reads a table of one row per case, in one pass and blocks, holding little more than the result.

    Identifiers and labels are the file's text without white space around it: ``001`` stays ``001``, a class ``NA``
    stays ``NA``, and a whole number becomes its decimal text. Truth values count as 0 and 1.

    Args:
        path: a ``.csv``, ``.tsv`` (either may be ``.gz``), ``.parquet`` or ``.h5ad`` file.
        case: column of identifiers; by default the first one, of ``.h5ad`` the names of ``obs``.
        label: column of classes, of ``.h5ad`` in ``obs``.
        features: columns to read as measurements; by default all but those of identifiers and classes.
        leave_out: columns that are no measurements.
        most_bytes: most bytes that values and names may take in memory.

    Raises:
        CohortError: the file or the request cannot be used; the message names file, case and column.
    """
    readers = [reader for ending, reader in _READERS.items() if path.name.lower().endswith(ending)]
    if not readers:
        known = ", ".join(list(_READERS)[:-1])
        raise CohortError(f"{path.name} has no known ending; give a table as {known} or {list(_READERS)[-1]}.")
    _check_file(path)
    request = Request(case, label, None if features is None else tuple(features), tuple(leave_out), most_bytes)
    rows, digest = readers[0](path, request)
    cases, labels, values = rows.finished()
    return Table(cases, rows.features, values, labels, digest)


def _check_file(path: Path) -> None:
    try:
        status = path.stat()
    except OSError as error:
        raise unreadable(path, error) from error
    if not stat.S_ISREG(status.st_mode):
        raise CohortError(f"{path} is no file; give the file that holds the table.")
    if not status.st_size:
        raise CohortError(f"{path.name} is empty; give a table with one row per case.")
