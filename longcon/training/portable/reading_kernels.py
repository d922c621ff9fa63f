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
def _term(word: np.uint64, key: np.uint64) -> np.uint64:
    keyed = np.uint64(word + key)
    return np.uint64((keyed & _LOW) * (keyed >> _HALF))


@kernel
def read_four(
    row0: Values,
    row1: Values,
    row2: Values,
    row3: Values,
    keys: Values,
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
        keys: uint64, those of the columns, as `digest.Digest` defines them.
        codes: uint8, a column's signs: bit i is set where that of row i is turned.
        sums: float64, one for each column.
        hashes: uint64, one for each of the four.
    """
    hash0 = hash1 = hash2 = hash3 = np.uint64(0)
    for j in range(len(sums)):
        key, code = keys[j], np.uint64(codes[j])
        word0, word1 = np.float64(row0[j]).view(np.uint64), np.float64(row1[j]).view(np.uint64)
        word2, word3 = np.float64(row2[j]).view(np.uint64), np.float64(row3[j]).view(np.uint64)
        hash0 += _term(word0, key)
        hash1 += _term(word1, key)
        hash2 += _term(word2, key)
        hash3 += _term(word3, key)
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
def read_one(row: Values, bit: int, keys: Values, codes: Values, sums: Values, hashes: Values) -> None:
    """Adds one row as `read_four` does; its sign is bit ``bit`` of the codes, its hash that of ``hashes``."""
    total, to_sign = np.uint64(0), _TO_SIGN[bit]
    for j in range(len(sums)):
        word = np.float64(row[j]).view(np.uint64)
        total += _term(word, keys[j])
        sums[j] += np.uint64(word ^ ((np.uint64(codes[j]) << to_sign) & _SIGN)).view(np.float64)
    hashes[bit] += total


@kernel
def read_rows(
    weight: Values, first: int, start: int, keys: Values, codes: Values, sums: Values, hashes: Values
) -> None:
    """Adds a block of rows; the first of all begins anew.

    Args:
        weight: rows x columns of the block, the columns perhaps padded.
        first: number of its first row in the whole weight, a multiple of four.
        start: number of its first column.
        keys: uint64, one for each column of the whole weight.
        codes: uint8, one row for four of the whole weight.
        sums: float64, one for each column of the whole weight.
        hashes: uint64, one for each row.
    """
    if first == 0 and start == 0:
        sums[:] = 0
        hashes[:] = 0
    stop = min(start + weight.shape[1], len(sums))
    part = keys[start:stop]
    for row in range(0, len(weight), 4):
        code, out = codes[(first + row) // 4, start:stop], hashes[first + row :]
        if row + 4 <= len(weight):
            read_four(weight[row], weight[row + 1], weight[row + 2], weight[row + 3], part, code, sums[start:stop], out)
        else:
            for bit in range(len(weight) - row):
                read_one(weight[row + bit], bit, part, code, sums[start:stop], out)


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
        last += _term(np.float64(others[j]).view(np.uint64), other_keys[j])
    total = _term(last, row_keys[len(hashes)])
    for row in range(len(hashes)):
        total += _term(hashes[row], row_keys[row])
    return np.int64(total)
