"""X of an AnnData file: every kind that is read, and what is wrong with one that cannot be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import scipy.sparse

from longcon.cohorts import table_anndata_matrix
from longcon.cohorts.table_columns import Request
from tests.cohorts.table_files import DENSE, SMALL, read_here, refusal_of, write_anndata


@pytest.mark.parametrize(
    "x",
    [
        DENSE,
        DENSE.astype(np.float32),
        DENSE.astype(np.float16),
        DENSE.astype(np.int8),
        DENSE.astype(bool),
        scipy.sparse.csr_matrix(DENSE),
        scipy.sparse.csc_matrix(DENSE),
    ],
    ids=["float64", "float32", "float16", "int8", "bool", "by rows", "by columns"],
)
@pytest.mark.parametrize("block", [1, 3, 1000])
def test_every_kind_of_x_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, x: Any, block: int) -> None:
    monkeypatch.setattr(table_anndata_matrix, "_BLOCK_VALUES", block)
    expected = np.asarray(getattr(x, "toarray", lambda: x)(), dtype=np.float64)
    path = write_anndata(tmp_path / "t.h5ad", SMALL, x)
    np.testing.assert_array_equal(read_here(path)[3], expected)
    some = read_here(path, Request(None, None, ("smokes", "age"), (), 1 << 30))
    assert some[1] == ("smokes", "age")
    np.testing.assert_array_equal(some[3], expected[:, [2, 0]])


@pytest.mark.parametrize(
    ("part", "values"),
    [
        ("indices", [0, 2, 2, 3]),
        ("indices", [0, 2, 2, -1]),
        ("indptr", [0, 2, 1, 4]),
        ("indptr", [0, 2, 3, 5]),
        ("indptr", [0, 4, 4, 4]),
        ("indptr", [1, 2, 3, 4]),
        ("indptr", [0, 4]),
        ("indices", [0, 2, 2]),
    ],
)
@pytest.mark.parametrize("kind", [scipy.sparse.csr_matrix, scipy.sparse.csc_matrix])
def test_a_sparse_matrix_that_points_elsewhere_is_damaged(
    tmp_path: Path, kind: Any, part: str, values: list[int]
) -> None:
    path = write_anndata(tmp_path / "t.h5ad", SMALL, kind(DENSE))
    with h5py.File(path, "r+") as file:
        del file["X"][part]
        file["X"][part] = values
    with pytest.raises((ValueError, IndexError)):
        read_here(path)


def test_values_at_the_same_place_are_summed(tmp_path: Path) -> None:
    path = write_anndata(tmp_path / "t.h5ad", SMALL, scipy.sparse.csr_matrix(DENSE))
    with h5py.File(path, "r+") as file:
        file["X/indices"][:2] = [1, 1]
    assert read_here(path)[3][0].tolist() == [0.0, 3.5, 0.0]


def without_x(file: h5py.File) -> None:
    del file["X"]


def text_x(file: h5py.File) -> None:
    del file["X"]
    file["X"] = [["a"]]


def huge_chunk(file: h5py.File) -> None:
    del file["X"]
    file.create_dataset("X", shape=(3, 3), maxshape=(None, None), dtype="f8", chunks=(1 << 13, 1 << 13))


ALTERED: dict[Any, str] = {
    without_x: "t.h5ad has no matrix X; write the values that are measured into X.",
    text_x: "t.h5ad: X is no matrix of numbers; write the values that are measured into X.",
    huge_chunk: "t.h5ad: X is stored in chunks of more than 256 MB; write it in smaller ones.",
}


@pytest.mark.parametrize(("alter", "message"), ALTERED.items(), ids=lambda value: getattr(value, "__name__", ""))
def test_an_x_that_cannot_be_read_is_said(tmp_path: Path, alter: Any, message: str) -> None:
    assert refusal_of(tmp_path / "t.h5ad", alter) == message
