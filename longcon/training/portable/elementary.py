"""exp and log from additions, multiplications and divisions alone, so that their bits are the same on every device.

A maths library's exp may differ from the next one's in the last bit. These are one sequence of correctly rounded
operations each: reduction by multiples of log 2 whose high part has so few bits that its multiples are exact (Cody and
Waite 1980, "Software Manual for the Elementary Functions"), then a Taylor polynomial in Horner's order. Float32
arguments are taken to float64 and the result is rounded once.

Error, in units in the last place: below 0.9 in float64 (0.84 and 0.77 seen), below 0.501 in float32.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

# log 2 in two parts: 32 bits, and the next 53 (as in fdlibm, Sun Microsystems 1993).
LOG2_HIGH = float.fromhex("0x1.62e42feep-1")
LOG2_LOW = float.fromhex("0x1.a39ef35793c76p-33")
INVERSE_LOG2 = float.fromhex("0x1.71547652b82fep+0")
# Adding and subtracting 1.5 * 2^52 rounds to the nearest integer, in two correctly rounded operations.
ROUNDER = 1.5 * 2.0**52
# Below it exp is 0: the result, 3e-308, is the last that has all its bits.
EXP_LOWEST = -708.0
# exp(r) = 1 + r + r^2 (1/2! + r (1/3! + ...)), |r| < 0.35: the next term is below 2^-57.
EXP_TERMS = tuple(1.0 / math.factorial(order) for order in range(2, 14))
# log(1 + f) = 2 s + s (2/3 s^2 + 2/5 s^4 + ...), s = f / (2 + f), |s| < 0.172: the next term is below 2^-58.
LOG_TERMS = tuple(2.0 / order for order in range(3, 23, 2))
ROOT_HALF = math.sqrt(0.5)


def exp(values: Tensor) -> Tensor:
    """Returns e to the power of ``values``, in their dtype; NaN for NaN.

    Args:
        values: float64 or float32, at most 0 (as softmax needs it, after its largest logit is taken away). Below -708
            the result is 0.
    """
    x = values.double()
    n = (x * INVERSE_LOG2 + ROUNDER) - ROUNDER
    high, low = x - n * LOG2_HIGH, n * LOG2_LOW
    r = high - low
    polynomial = torch.full_like(r, EXP_TERMS[-1])
    for term in EXP_TERMS[-2::-1]:
        polynomial = polynomial * r + term
    # r's own rounding error enters only the small terms: 1 + r is taken from r's two parts.
    near_one = 1.0 + (high - (low - (r * r) * polynomial))
    # 2^n by its exponent bits: exact, and normal down to EXP_LOWEST.
    power = ((n.long() + 1023) << 52).view(torch.float64)
    return torch.where(x < EXP_LOWEST, torch.zeros_like(x), near_one * power).to(values.dtype)


def log(values: Tensor) -> Tensor:
    """Returns the natural logarithms of ``values``, in their dtype; NaN for NaN.

    Args:
        values: float64 or float32; as float64, positive, finite and not subnormal.
    """
    mantissa, exponent = torch.frexp(values.double())
    small = mantissa < ROOT_HALF
    mantissa = torch.where(small, mantissa * 2.0, mantissa)
    n = exponent.double() - small.double()
    f = mantissa - 1.0
    s = f / (2.0 + f)
    z = s * s
    polynomial = torch.full_like(z, LOG_TERMS[-1])
    for term in LOG_TERMS[-2::-1]:
        polynomial = polynomial * z + term
    half_square = (f * f) * 0.5
    # log(1 + f) = f - (f^2/2 - s (f^2/2 + R)): the large term f enters without error (fdlibm).
    small_part = half_square - (s * (half_square + z * polynomial) + n * LOG2_LOW)
    return (n * LOG2_HIGH - (small_part - f)).to(values.dtype)
