"""M-values: log2(beta / (1 - beta)), with the same bits on every machine (Du et al. 2010; paper, Section III).

numpy's own log2 goes through kernels that are chosen by the processor and differ in the last bit. Here the logarithm is
written in single correctly rounded operations: no ufunc below contracts a product and a sum into one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from longcon.errors import CohortError

_CHUNK_VALUES = 1 << 16
_HALF_BITS = np.uint64(0xFFFFFFFF00000000)

# 1 / ln 2 as a sum of two doubles, the first of which has 21 bits, so that its product with a half double is exact.
_INVERSE_LN2_HIGH = float.fromhex("0x1.7154700000000p+0")
_INVERSE_LN2_LOW = float.fromhex("0x1.94ae0bf85ddf4p-22")

# ln((1 + s) / (1 - s)) = 2 s + s * sum over n >= 1 of 2 / (2 n + 1) * s^(2 n); |s| <= 0.172 needs twelve terms.
_SERIES = tuple(2.0 / (2 * n + 1) for n in range(12, 0, -1))


@dataclass(frozen=True, eq=False)
class MValues:
    """M-values, and how many betas were too near 0 or 1 to be transformed as they were.

    Attributes:
        values: float64, of the shape of the betas.
        clipped: number of betas below ``clip`` or above ``1 - clip``.
    """

    values: NDArray[np.float64]
    clipped: int


def m_values(betas: NDArray[np.floating[Any]], clip: float = 1e-3) -> MValues:
    """Returns log2(beta / (1 - beta)) of every beta, clipped first to [clip, 1 - clip].

    Args:
        betas: any shape, in [0, 1], without NaN: impute first.
        clip: distance kept from 0 and 1, above 0 and below 0.5; betas of exactly 0 and 1 occur in published tables.

    Returns:
        The M-values; bitwise the same on every machine.

    Raises:
        CohortError: a beta is missing or outside [0, 1], or ``clip`` is out of range.
    """
    if not 0.0 < clip < 0.5:
        raise CohortError(f"A clip of {clip:g} is out of range; give one above 0 and below 0.5.")
    flat = betas.reshape(-1)
    values = np.empty(flat.size)
    clipped = 0
    for start in range(0, flat.size, _CHUNK_VALUES):
        beta = flat[start : start + _CHUNK_VALUES].astype(np.float64)
        if np.isnan(beta).any():
            raise CohortError("A missing beta has no M-value; impute missing values before the transform.")
        outside = (beta < 0.0) | (beta > 1.0)
        if outside.any():
            raise CohortError(f"{beta[outside][0]:g} is no beta value; give values from 0 to 1.")
        clipped += int(np.count_nonzero((beta < clip) | (beta > 1.0 - clip)))
        beta = np.minimum(np.maximum(beta, clip), 1.0 - clip)
        values[start : start + _CHUNK_VALUES] = log2(beta / (1.0 - beta))
    return MValues(values.reshape(betas.shape), clipped)


def log2(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns the base-2 logarithm of positive, finite ``x``, within 1 unit in the last place.

    x = 2^e (1 + f) with 1 + f in [sqrt(1/2), sqrt(2)); ln(1 + f) = 2 atanh(s), s = f / (2 + f), by its series, and the
    product with 1 / ln 2 in two doubles (the scheme of fdlibm's log, with the plain series as coefficients).
    """
    mantissa, exponent = np.frexp(x)
    small = mantissa < math.sqrt(0.5)
    f = np.where(small, mantissa + mantissa, mantissa) - 1.0
    e = (exponent - small).astype(np.float64)
    s = f / (f + 2.0)
    z = s * s
    series = np.zeros_like(z)
    for coefficient in _SERIES:
        series = (series + coefficient) * z
    half_square = (f * f) * 0.5
    # ln(1 + f) = f - half_square + s * (half_square + series), of which `high` keeps the first half of the bits.
    high = ((f - half_square).view(np.uint64) & _HALF_BITS).view(np.float64)
    low = ((f - high) - half_square) + s * (half_square + series)
    high_part = high * _INVERSE_LN2_HIGH
    low_part = (low + high) * _INVERSE_LN2_LOW + low * _INVERSE_LN2_HIGH
    whole = e + high_part
    low_part = low_part + ((e - whole) + high_part)
    return np.asarray(low_part + whole, dtype=np.float64)
