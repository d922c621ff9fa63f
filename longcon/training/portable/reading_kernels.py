"""What a step keeps of the first weight, compiled: rows' hashes and columns' sums, while rows are in the cache."""

from __future__ import annotations

import numpy as np

from longcon.training.portable.jit import kernel
from longcon.training.portable.scalar_kernels import Values

_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)
_SIGN = np.uint64(1 << 63)
# Brings the first, second, third and fourth bit of a code to the place of a float64's sign.
_TO_SIGN = np.array([63, 62, 61, 60], dtype=np.uint64)
_FIRST, _SECOND, _THIRD, _FOURTH = (np.uint64(63 - bit) for bit in range(4))


@kernel
def read_four(
    row0: Values,
    row1: Values,
    row2: Values,
    row3: Values,
    keys: tuple[Values, Values],
    codes: Values,
    sums: Values,
    hashes: Values,
) -> None:
    """Adds four rows to their hashes and, with their signs, to the columns' sums.

    Args:
        row0: float64 or float32, at least as long as ``sums``; what lies beyond is padding.
        row1: likewise.
        row2: likewise.
        row3: likewise.
        keys: uint32, those of the columns for low and for high halves, as `digest.Digest` defines them.
        codes: uint8, a column's signs: bit i is set where that of row i is turned.
        sums: float64, one for each column.
        hashes: uint64, one for each of the four.
    """
    low_keys, high_keys = keys
    hash0 = hash1 = hash2 = hash3 = np.uint64(0)
    for j in range(len(sums)):
        low, high, code = np.uint64(low_keys[j]), np.uint64(high_keys[j]), np.uint64(codes[j])
        word0, word1 = np.float64(row0[j]).view(np.uint64), np.float64(row1[j]).view(np.uint64)
        word2, word3 = np.float64(row2[j]).view(np.uint64), np.float64(row3[j]).view(np.uint64)
        hash0 += ((word0 + low) & _LOW) * (((word0 >> _HALF) + high) & _LOW)
        hash1 += ((word1 + low) & _LOW) * (((word1 >> _HALF) + high) & _LOW)
        hash2 += ((word2 + low) & _LOW) * (((word2 >> _HALF) + high) & _LOW)
        hash3 += ((word3 + low) & _LOW) * (((word3 >> _HALF) + high) & _LOW)
        turned0 = np.uint64(word0 ^ ((code << _FIRST) & _SIGN)).view(np.float64)
        turned1 = np.uint64(word1 ^ ((code << _SECOND) & _SIGN)).view(np.float64)
        turned2 = np.uint64(word2 ^ ((code << _THIRD) & _SIGN)).view(np.float64)
        turned3 = np.uint64(word3 ^ ((code << _FOURTH) & _SIGN)).view(np.float64)
        sums[j] += (turned0 + turned1) + (turned2 + turned3)
    hashes[0] += hash0
    hashes[1] += hash1
    hashes[2] += hash2
    hashes[3] += hash3


@kernel
def read_one(row: Values, bit: int, keys: tuple[Values, Values], codes: Values, sums: Values, hashes: Values) -> None:
    """Adds one row as `read_four` does; its sign is bit ``bit`` of the codes, its hash that of ``hashes``."""
    low_keys, high_keys = keys
    total, to_sign = np.uint64(0), _TO_SIGN[bit]
    for j in range(len(sums)):
        word = np.float64(row[j]).view(np.uint64)
        total += ((word + low_keys[j]) & _LOW) * (((word >> _HALF) + high_keys[j]) & _LOW)
        sums[j] += np.uint64(word ^ ((np.uint64(codes[j]) << to_sign) & _SIGN)).view(np.float64)
    hashes[bit] += total


@kernel
def read_rows(
    weight: Values, first: int, start: int, keys: Values, codes: Values, sums: Values, hashes: Values
) -> None:
    """Adds a block of rows.

    Args:
        weight: rows x columns of the block, the columns perhaps padded.
        first: number of its first row in the whole weight, a multiple of four.
        start: number of its first column.
        keys: uint32, 2 x columns of the whole weight.
        codes: uint8, one row for four of the whole weight.
        sums: float64, one for each column of the whole weight.
        hashes: uint64, one for each row.
    """
    stop = min(start + weight.shape[1], len(sums))
    parts = keys[0, start:stop], keys[1, start:stop]
    for row in range(0, len(weight), 4):
        code, out = codes[(first + row) // 4, start:stop], hashes[first + row :]
        if row + 4 <= len(weight):
            read_four(
                weight[row], weight[row + 1], weight[row + 2], weight[row + 3], parts, code, sums[start:stop], out
            )
        else:
            for bit in range(len(weight) - row):
                read_one(weight[row + bit], bit, parts, code, sums[start:stop], out)


@kernel
def bucket_sums(sums: Values, bucket_of: Values, buckets: int) -> Values:
    """Returns the sum of the columns' sums in each bucket; of sixteen parts, so that round-off does not add up."""
    parts: Values = np.zeros((16, buckets))
    for j in range(len(sums)):
        parts[j & 15, bucket_of[j]] += sums[j]
    half = 8
    while half > 0:
        for part in range(half):
            for bucket in range(buckets):
                parts[part, bucket] += parts[half + part, bucket]
        half //= 2
    result: Values = parts[0].copy()
    return result


@kernel
def add_signed(values: Values, factors: Values, bucket_of: Values, sums: Values) -> None:
    """Adds every value, with its factor of 1 or -1, to its bucket's sum."""
    for j in range(len(values)):
        sums[bucket_of[j]] += np.float64(values[j]) * factors[j]


@kernel
def digest_of(hashes: Values, others: Values, other_keys: Values, row_keys: Values) -> np.int64:
    """Returns `digest.Digest.of` of rows' hashes, uint64, and the other parameters."""
    last = np.uint64(0)
    for j in range(len(others)):
        last += _term(np.float64(others[j]).view(np.uint64), other_keys[0, j], other_keys[1, j])
    total = _term(last, row_keys[0, len(hashes)], row_keys[1, len(hashes)])
    for row in range(len(hashes)):
        total += _term(hashes[row], row_keys[0, row], row_keys[1, row])
    return np.int64(total)


@kernel
def _term(word: np.uint64, low: np.uint32, high: np.uint32) -> np.uint64:
    return np.uint64(((word + np.uint64(low)) & _LOW) * (((word >> _HALF) + np.uint64(high)) & _LOW))
