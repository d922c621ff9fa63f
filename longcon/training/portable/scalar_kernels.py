"""exp, log and the tree sum for compiled loops: the specifications of `elementary` and `sums`, bit for bit."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from longcon.training.portable.elementary import (
    EXP_LOWEST,
    EXP_TERMS,
    INVERSE_LOG2,
    LOG2_HIGH,
    LOG2_LOW,
    LOG_TERMS,
    ROOT_HALF,
    ROUNDER,
)
from longcon.training.portable.jit import kernel
from longcon.training.portable.sums import LARGEST_CHUNK, SMALLEST_CHUNK

Values = NDArray[Any]
# 2^0, 2^-1, ... down to the least that exp needs: exact.
_POWERS = np.ldexp(1.0, -np.arange(1023))


@kernel
def exp_scalar(x: float) -> float:
    """Returns `elementary.exp` of one float64."""
    if not x >= EXP_LOWEST:
        return x if x != x else 0.0  # noqa: PLR0124 - NaN stays NaN
    n = (x * INVERSE_LOG2 + ROUNDER) - ROUNDER
    high, low = x - n * LOG2_HIGH, n * LOG2_LOW
    r = high - low
    polynomial = EXP_TERMS[11]
    for order in range(10, -1, -1):
        polynomial = polynomial * r + EXP_TERMS[order]
    near_one = 1.0 + (high - (low - (r * r) * polynomial))
    return float(near_one * _POWERS[int(-n)])


@kernel
def log_scalar(x: float) -> float:
    """Returns `elementary.log` of one float64."""
    mantissa, exponent = math.frexp(x)
    n = float(exponent)
    if mantissa < ROOT_HALF:
        mantissa, n = mantissa * 2.0, n - 1.0
    f = mantissa - 1.0
    s = f / (2.0 + f)
    z = s * s
    polynomial = LOG_TERMS[9]
    for order in range(8, -1, -1):
        polynomial = polynomial * z + LOG_TERMS[order]
    half_square = (f * f) * 0.5
    small_part = half_square - (s * (half_square + z * polynomial) + n * LOG2_LOW)
    return n * LOG2_HIGH - (small_part - f)


@kernel
def fold(values: Values) -> Any:
    """Returns the sum of a power of two of values by repeated halving, in place."""
    half = len(values) // 2
    while half > 0:
        for j in range(half):
            values[j] = values[j] + values[half + j]
        half //= 2
    return values[0]


@kernel
def power_of_two(count: int) -> int:
    """Returns the least power of two that is not below ``count``."""
    power = 1
    while power < count:
        power *= 2
    return power


@kernel
def tree_sum_scalar(terms: Values) -> Any:
    """Returns `sums.tree_sum` of a vector."""
    count = len(terms)
    length = min(LARGEST_CHUNK, max(SMALLEST_CHUNK, power_of_two(count)))
    chunk = np.empty(length, terms.dtype)
    totals = np.empty(power_of_two((count + length - 1) // length), terms.dtype)
    for number in range(len(totals)):
        for j in range(length):
            term = number * length + j
            chunk[j] = terms[term] if term < count else terms.dtype.type(0)
        totals[number] = fold(chunk)
    return fold(totals)
