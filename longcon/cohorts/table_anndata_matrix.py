"""The matrix X of an AnnData file, dense or sparse, in blocks of plain numbers.

Positions in a sparse matrix are an outsider's: each is checked before it is used, as scipy would not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from longcon.errors import CohortError

if TYPE_CHECKING:
    import h5py

_BLOCK_VALUES = 2_000_000
_LARGEST_CHUNK = 256 << 20


class Matrix(Protocol):
    """A matrix of cases and measurements, in a file.

    Attributes:
        shape: (cases, measurements).
        by_column: whether it comes column after column rather than row after row.
    """

    shape: tuple[int, int]
    by_column: bool

    def blocks(self, wanted: tuple[int, ...]) -> Iterator[NDArray[np.float64]]:
        """Yields the ``wanted`` columns, in their order: some rows of all of them, or one column after the other."""


@dataclass
class _Dense:
    shape: tuple[int, int]
    values: h5py.Dataset
    by_column: bool = False

    def blocks(self, wanted: tuple[int, ...]) -> Iterator[NDArray[np.float64]]:
        step = max(1, _BLOCK_VALUES // self.shape[1])
        # A chunk that is only partly read would be unpacked again for its other rows.
        chunk = self.values.chunks[0] if self.values.chunks else 1
        step = max(1, step // chunk) * chunk if chunk <= 4 * step else step
        for start in range(0, self.shape[0], step):
            yield self.values[start : start + step][:, list(wanted)].astype("<f8")


@dataclass
class _Sparse:
    shape: tuple[int, int]
    by_column: bool
    starts: NDArray[np.int64]
    places: h5py.Dataset
    values: h5py.Dataset

    def blocks(self, wanted: tuple[int, ...]) -> Iterator[NDArray[np.float64]]:
        if self.by_column:
            for column in wanted:
                yield self._lines(column, column + 1)[0]
            return
        step = max(1, _BLOCK_VALUES // self.shape[1])
        for start in range(0, self.shape[0], step):
            yield self._lines(start, min(self.shape[0], start + step))[:, list(wanted)]

    def _lines(self, start: int, stop: int) -> NDArray[np.float64]:
        """Returns some rows, or columns when they come by column, with their zeros."""
        first, last = int(self.starts[start]), int(self.starts[stop])
        width = self.shape[0] if self.by_column else self.shape[1]
        places = self.places[first:last]
        if places.size and (places.min() < 0 or places.max() >= width):
            raise IndexError("a position outside the matrix")
        lines = np.repeat(np.arange(stop - start), np.diff(self.starts[start : stop + 1]))
        dense = np.zeros((stop - start, width), dtype="<f8")
        # Places that occur twice stand for the sum of their values.
        np.add.at(dense, (lines, places), self.values[first:last].astype("<f8"))
        return dense


def matrix_of(source: str, element: h5py.Group | h5py.Dataset | None) -> Matrix:
    """Returns the matrix that ``element`` holds.

    Raises:
        CohortError: there is none, it is of no known kind, or it holds no numbers.
        Exception: it contradicts itself, so that the file is damaged.
    """
    import h5py  # noqa: PLC0415

    if element is None:
        raise CohortError(f"{source} has no matrix X; write the values that are measured into X.")
    values = element if isinstance(element, h5py.Dataset) else element.get("data")
    if not isinstance(values, h5py.Dataset) or values.dtype.kind not in "biuf":
        raise CohortError(f"{source}: X is no matrix of numbers; write the values that are measured into X.")
    if isinstance(element, h5py.Dataset):
        _check_chunk(source, element)
        rows, columns = element.shape
        return _Dense((int(rows), int(columns)), element)
    return _sparse(source, element, values)


def _sparse(source: str, element: Any, values: h5py.Dataset) -> Matrix:
    kind = element.attrs["encoding-type"]
    if kind not in ("csr_matrix", "csc_matrix"):
        raise CohortError(f"{source}: X is of the unknown kind '{kind}'; write it dense, or sparse by rows or columns.")
    rows, columns = (int(size) for size in element.attrs["shape"])
    places, starts = element["indices"], element["indptr"]
    for part in (values, places, starts):
        _check_chunk(source, part)
    by_column = kind == "csc_matrix"
    lines, width = (columns, rows) if by_column else (rows, columns)
    if starts.shape != (lines + 1,) or places.shape != values.shape or {places.dtype.kind, starts.dtype.kind} - {*"iu"}:
        raise ValueError("the parts of a sparse matrix do not fit")
    ends = starts[:].astype(np.int64)
    counts = np.diff(ends)
    # More values than places in a line would take memory that the size of the matrix does not tell.
    if ends[0] != 0 or (counts < 0).any() or (counts > width).any() or values.shape != (ends[-1],):
        raise ValueError("the lines of a sparse matrix do not fit")
    return _Sparse((rows, columns), by_column, ends, places, values)


def _check_chunk(source: str, values: h5py.Dataset) -> None:
    if values.chunks and np.prod(values.chunks, dtype=float) * values.dtype.itemsize > _LARGEST_CHUNK:
        raise CohortError(
            f"{source}: X is stored in chunks of more than {_LARGEST_CHUNK >> 20} MB; write it in smaller ones."
        )
