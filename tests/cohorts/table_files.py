"""The same small table as a file of each kind, and a reader of AnnData files that starts no process."""

from __future__ import annotations

import csv
import io
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anndata
import h5py
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from numpy.typing import NDArray

from longcon.cohorts.table_anndata import received
from longcon.cohorts.table_anndata_child import send
from longcon.cohorts.table_columns import Request
from longcon.errors import CohortError

EVERYTHING = Request(None, "class", None, (), 1 << 30)


@dataclass(frozen=True)
class Content:
    """What a table holds: names, classes, and a column for each measurement."""

    cases: Sequence[str]
    labels: Sequence[str]
    columns: Mapping[str, Sequence[Any]]

    @property
    def values(self) -> NDArray[np.float64]:
        return np.array([[float(value) for value in column] for column in self.columns.values()]).T


SMALL = Content(
    ["001", "1e5", "2020-01-01"],
    ["NA", "None", "null"],
    {"age": [40, 51, 62], "beta": [0.25, 1e-300, -4e3], "smokes": [True, False, True]},
)
# Other values for it, most of them zero.
DENSE = np.array([[1.0, 0.0, 2.5], [0.0, 0.0, 3.0], [0.0, -4.0, 0.0]])


def write_text(path: Path, content: Content, delimiter: str = ",") -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter)
        writer.writerow(["case", "class", *content.columns])
        writer.writerows(zip(content.cases, content.labels, *content.columns.values(), strict=True))
    return path


def write_parquet(path: Path, content: Content, **options: Any) -> Path:
    arrays = [pa.array(content.cases), pa.array(content.labels), *map(pa.array, content.columns.values())]
    pq.write_table(pa.table(arrays, names=["case", "class", *content.columns]), path, **options)
    return path


def write_anndata(path: Path, content: Content, x: Any = None, obs: dict[str, Any] | None = None) -> Path:
    # Text as plain objects, since not every release of anndata writes pandas' own kind.
    with warnings.catch_warnings(action="ignore"), pd.option_context("future.infer_string", False):
        frame = pd.DataFrame({"class": list(content.labels), **(obs or {})}, index=pd.Index(list(content.cases)))
        var = pd.DataFrame(index=pd.Index(list(content.columns)))
        anndata.AnnData(X=content.values if x is None else x, obs=frame, var=var).write_h5ad(path)
    return path


def read_here(
    path: Path, request: Request = EVERYTHING
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...] | None, NDArray[np.float64]]:
    """Cases, features, labels and values of an AnnData file, by both ends of the pipe without a process."""
    pipe = io.BytesIO()
    send(path, request, pipe, 60.0)
    pipe.seek(0)
    rows = received(path, request, pipe)
    cases, labels, values = rows.finished()
    return cases, rows.features, labels, values


def refusal_of(path: Path, alter: Callable[[h5py.File], object]) -> str:
    """What is said of an AnnData file of the small table that was altered."""
    write_anndata(path, SMALL)
    with h5py.File(path, "r+") as file:
        alter(file)
    with pytest.raises(CohortError) as caught:
        read_here(path)
    return str(caught.value)


def mutated(data: bytes, changes: Sequence[tuple[int, int]], kept: float) -> bytes:
    """``data`` with some bytes changed and its end cut off."""
    altered = bytearray(data)
    for place, byte in changes:
        altered[place % len(altered)] = byte
    return bytes(altered[: max(1, int(kept * len(altered)))])
