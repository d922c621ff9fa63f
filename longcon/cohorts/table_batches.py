"""Turns columns, as pyarrow holds them, into rows of plain numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray


def rows_of(columns: Sequence[pa.Array]) -> NDArray[np.float64]:
    """Returns float64 of shape (cases, columns) from columns of numbers or truth values; a null becomes NaN."""
    floats = [_float(column) for column in columns]
    batch = pa.RecordBatch.from_arrays(floats, names=[str(index) for index in range(len(floats))])
    # One walk in C over a table of tens of thousands of columns, where Python would take each in turn.
    rows: NDArray[np.float64] = batch.to_tensor(null_to_nan=True, row_major=True).to_numpy()
    return rows


def _float(column: pa.Array) -> pa.Array:
    # A whole number beyond 2**53 is rounded, as it is when it stands in a text.
    return column if column.type == pa.float64() else pc.cast(column, pa.float64(), safe=False)
