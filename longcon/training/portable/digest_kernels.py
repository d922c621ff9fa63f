"""What a step keeps of the first weight, compiled: a row's hash and samples, taken while the row is in the cache."""

from __future__ import annotations

from typing import Any

import numpy as np

from longcon.training.portable.jit import kernel
from longcon.training.portable.scalar_kernels import Values

_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)


@kernel
def row_hash(row: Values, low_keys: Values, high_keys: Values) -> Any:
    """Returns NH of a row, as `digest.Digest` defines it, in the first ``len(low_keys)`` places."""
    total = np.uint64(0)
    for j in range(len(low_keys)):
        word = np.float64(row[j]).view(np.uint64)
        total += ((word + low_keys[j]) & _LOW) * (((word >> _HALF) + high_keys[j]) & _LOW)
    return total


@kernel
def take(row: Values, group: int, starts: Values, columns: Values, places: Values, sampled: Values) -> None:
    """Writes a row's samples to their places; ``starts[group]`` begins its part of ``columns`` and ``places``."""
    for n in range(starts[group], starts[group + 1]):
        sampled[places[n]] = row[columns[n]]


@kernel
def read_rows(
    weight: Values,
    first: int,
    keys: Values,
    starts: Values,
    columns: Values,
    places: Values,
    hashes: Values,
    sampled: Values,
) -> None:
    """Writes the hashes and samples of a block of rows.

    Args:
        weight: rows x columns.
        first: number of its first row.
        keys: uint32, 2 x columns.
        starts: as `take` reads them, with rows as groups.
        columns: likewise.
        places: likewise.
        hashes: uint64, one for each row of the whole weight.
        sampled: the whole weight's samples.
    """
    low_keys, high_keys = keys[0], keys[1]
    quads = len(weight) // 4 * 4
    # Four rows share each load of the keys.
    for start in range(0, quads, 4):
        row0, row1, row2, row3 = weight[start], weight[start + 1], weight[start + 2], weight[start + 3]
        sum0 = sum1 = sum2 = sum3 = np.uint64(0)
        for j in range(len(low_keys)):
            low, high = np.uint64(low_keys[j]), np.uint64(high_keys[j])
            word0, word1 = np.float64(row0[j]).view(np.uint64), np.float64(row1[j]).view(np.uint64)
            word2, word3 = np.float64(row2[j]).view(np.uint64), np.float64(row3[j]).view(np.uint64)
            sum0 += ((word0 + low) & _LOW) * (((word0 >> _HALF) + high) & _LOW)
            sum1 += ((word1 + low) & _LOW) * (((word1 >> _HALF) + high) & _LOW)
            sum2 += ((word2 + low) & _LOW) * (((word2 >> _HALF) + high) & _LOW)
            sum3 += ((word3 + low) & _LOW) * (((word3 >> _HALF) + high) & _LOW)
        at = first + start
        hashes[at], hashes[at + 1], hashes[at + 2], hashes[at + 3] = sum0, sum1, sum2, sum3
    for row in range(quads, len(weight)):
        hashes[first + row] = row_hash(weight[row], low_keys, high_keys)
    for row in range(len(weight)):
        take(weight[row], first + row, starts, columns, places, sampled)
