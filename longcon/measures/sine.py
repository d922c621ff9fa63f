"""The vector sine: how far the parameters of two builds point apart (paper, Section IV-E).

The paper's sqrt(1 - cos^2) loses half the digits to cancellation: it cannot see an angle below sqrt(eps). With unit
vectors u and v the same sine is |u - v| |u + v| / 2, since |u - v| = 2 sin(t/2) and |u + v| = 2 cos(t/2); compare the
"uniformly accurate arctan formula" for angles in Kahan, "Computing cross-products and rotations in 2- and 3-dimensional
Euclidean spaces", section 13. Nothing cancels there but u - v itself, which is exact where it is small.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from longcon.errors import BuildError

_DTYPES = (np.dtype(np.float32), np.dtype(np.float64))


def vector_sine(a: NDArray[Any], b: NDArray[Any]) -> float:
    """Returns the sine of the angle between two parameter vectors, to the machine epsilon of float64.

    Equal vectors, and vectors that differ by a power of two, give exactly 0.0. Opposite vectors are parallel: 0 too.
    Neither the scale of the vectors nor that of their difference can overflow or underflow.

    Args:
        a: 1-D vector, float32 or float64, not zero.
        b: 1-D vector of the same length, float32 or float64, not zero.

    Returns:
        The sine, in [0, 1].

    Raises:
        BuildError: the shapes differ, or a vector is of another dtype, not finite, or zero.
    """
    if a.ndim != 1 or a.shape != b.shape:
        raise BuildError(
            f"The vector sine needs two vectors of one length, but got shapes {a.shape} and {b.shape}: "
            "flatten the parameters, and compare builds of one network."
        )
    u = _unit(a, "first")
    v = _unit(b, "second")
    return min(0.5 * _length(u - v) * _length(u + v), 1.0)


def default_sine_tolerance(dtype: np.dtype[Any] | type[np.floating[Any]] | str) -> float:
    """Returns sqrt(eps) of the dtype: the machine noise of a vector sine as the paper computes it (Fig. 2).

    Args:
        dtype: a floating dtype or its name, such as ``"float32"``.

    Raises:
        BuildError: the dtype is unknown or not a floating one.
    """
    try:
        return math.sqrt(float(np.finfo(np.dtype(dtype)).eps))
    except (TypeError, ValueError):
        raise BuildError(
            f"The sine tolerance of dtype {str(dtype)!r} is undefined: name a floating dtype, float32 or float64."
        ) from None


def _unit(vector: NDArray[Any], which: str) -> NDArray[np.float64]:
    """Returns the vector in float64, scaled to length 1."""
    if vector.dtype not in _DTYPES:
        raise BuildError(
            f"The vector sine's {which} vector is of dtype {vector.dtype}: give parameters in float32 or float64."
        )
    if not (finite := np.isfinite(vector)).all():
        first = int(np.argmin(finite))
        raise BuildError(
            f"The vector sine's {which} vector holds {vector[first]} at index {first}: "
            "its training overflowed, so lower the learning rate."
        )
    if not vector.any():
        raise BuildError(
            f"The vector sine's {which} vector is zero and has no direction: compare builds that were initialised."
        )
    scaled, _ = _scaled(vector.astype(np.float64))
    return scaled / _length(scaled)


def _scaled(vector: NDArray[np.float64]) -> tuple[NDArray[np.float64], int]:
    """Returns the vector with its peak in [0.5, 1), and the power of two that was taken out without round-off."""
    peak = float(np.max(np.abs(vector)))
    exponent = math.frexp(peak)[1]
    return np.ldexp(vector, -exponent), exponent


def _length(vector: NDArray[np.float64]) -> float:
    """Returns the Euclidean length; the peak is scaled first, so that no square leaves the range of float64."""
    scaled, exponent = _scaled(vector)
    # numpy adds in pairs, so the error grows with log(n) only; BLAS would let that of millions of squares show.
    return math.ldexp(math.sqrt(float(np.sum(np.square(scaled)))), exponent)
