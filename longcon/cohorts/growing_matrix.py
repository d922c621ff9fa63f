"""A matrix whose number of rows is known only at the end, without ever holding it twice."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_SLAB_BYTES = 48 << 20


class GrowingMatrix:
    """Collects rows of float32.

    Rows are kept in slabs above 32 MB, which the C library maps one by one and gives back to the system as soon as they
    are freed: copied slab by slab into the final matrix, whose pages come into being as they are written, the peak is
    the matrix and one slab.

    Args:
        columns: number of columns.
    """

    def __init__(self, columns: int) -> None:
        self._columns = columns
        self._rows_per_slab = max(1, _SLAB_BYTES // (4 * max(1, columns)))
        self._slabs: list[NDArray[np.float32]] = []
        self._rows = 0

    def append(self, rows: NDArray[np.float32]) -> None:
        """Adds ``rows`` of shape (any, columns) at the end."""
        done = 0
        while done < rows.shape[0]:
            used = self._rows % self._rows_per_slab
            if used == 0:
                self._slabs.append(np.empty((self._rows_per_slab, self._columns), dtype=np.float32))
            taken = min(rows.shape[0] - done, self._rows_per_slab - used)
            self._slabs[-1][used : used + taken] = rows[done : done + taken]
            done += taken
            self._rows += taken

    def finished(self) -> NDArray[np.float32]:
        """Returns the matrix, (rows, columns), read-only; the collection is empty afterwards."""
        matrix = np.empty((self._rows, self._columns), dtype=np.float32)
        # First slabs first: popping from the reversed list frees each as soon as it is copied.
        self._slabs.reverse()
        for start in range(0, self._rows, self._rows_per_slab):
            stop = min(self._rows, start + self._rows_per_slab)
            matrix[start:stop] = self._slabs.pop()[: stop - start]
        self._rows = 0
        matrix.flags.writeable = False
        return matrix
