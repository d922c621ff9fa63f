"""Comparison bit for bit: whether two builds are the same build, and if not, where they first part and by how much."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from longcon.errors import BuildError


@dataclass(frozen=True)
class BitDifference:
    """The bits in which two arrays differ.

    Attributes:
        differing: how many values differ; all of them when the layouts differ.
        total: how many values were compared (of the larger array, when the layouts differ).
        first_index: index of the first difference in C order; empty when the layouts differ.
        first_values: the two values there; NaN when the layouts differ.
        largest_ulp: most representable numbers between two values (0: a signed zero); infinite for NaN or layouts.
        largest_absolute: largest absolute difference; infinite for NaN, infinities or layouts.
        layouts: dtype and shape of both arrays where these differ, else None.
    """

    differing: int
    total: int
    first_index: tuple[int, ...]
    first_values: tuple[float, float]
    largest_ulp: int | float
    largest_absolute: float
    layouts: tuple[str, str] | None = None

    def describe(self) -> str:
        """Returns the difference in words."""
        if self.layouts is not None:
            return f"{self.layouts[0]} against {self.layouts[1]}"
        ulp = "not a number" if math.isinf(self.largest_ulp) else f"{self.largest_ulp:,} ulp"
        size = ulp if self.differing == 1 else f"largest difference: {ulp}"
        return (
            f"{self.differing:,} of {self.total:,} values differ, first at {self.first_index}: "
            f"{self.first_values[0]!r} against {self.first_values[1]!r} ({size})"
        )


def bitwise_difference(a: NDArray[Any], b: NDArray[Any]) -> BitDifference | None:
    """Returns None when two arrays are the same in dtype, shape and every bit, else where and by how much they differ.

    Signed zeros and the payloads of NaN count, since they are bits; ``==`` would miss the one and invent the other.

    Args:
        a: array of any shape; floating, integer or boolean, of 64 bits or fewer.
        b: the array to compare with it.

    Raises:
        BuildError: an array is of another kind.
    """
    _require_kind(a)
    _require_kind(b)
    if a.dtype != b.dtype or a.shape != b.shape:
        return _layout_difference(a, b)
    differs = np.flatnonzero(_words(a) != _words(b))
    if differs.size == 0:
        return None
    left, right = a.reshape(-1)[differs], b.reshape(-1)[differs]
    return BitDifference(
        differing=int(differs.size),
        total=int(a.size),
        first_index=tuple(int(i) for i in np.unravel_index(int(differs[0]), a.shape)),
        first_values=(float(left[0]), float(right[0])),
        largest_ulp=_largest_ulp(left, right),
        largest_absolute=_largest_absolute(left, right),
    )


def _require_kind(array: NDArray[Any]) -> None:
    if array.dtype.kind not in "fiub" or array.dtype.itemsize > 8:
        raise BuildError(
            f"Arrays of dtype {array.dtype} cannot be compared bit for bit: "
            "give floating, integer or boolean values of at most 64 bits."
        )


def _layout_difference(a: NDArray[Any], b: NDArray[Any]) -> BitDifference:
    count = max(int(a.size), int(b.size))
    layouts = (f"{a.dtype} of shape {a.shape}", f"{b.dtype} of shape {b.shape}")
    return BitDifference(count, count, (), (math.nan, math.nan), math.inf, math.inf, layouts)


def _words(array: NDArray[Any]) -> NDArray[Any]:
    """Returns the values' bits as unsigned integers, flat."""
    word = np.dtype(f"u{array.dtype.itemsize}").newbyteorder(array.dtype.byteorder)
    return array.reshape(-1).view(word)


def _largest_ulp(left: NDArray[Any], right: NDArray[Any]) -> int | float:
    if np.isnan(left).any() or np.isnan(right).any():
        return math.inf
    low, high = _ranks(left), _ranks(right)
    return int(np.max(np.maximum(low, high) - np.minimum(low, high)))


def _ranks(values: NDArray[Any]) -> NDArray[np.uint64]:
    """Returns each value's place among the representable ones, so that neighbours differ by 1 and both zeros by 0."""
    words = _words(values).astype(np.uint64)
    sign = np.uint64(1 << (8 * values.dtype.itemsize - 1))
    if values.dtype.kind == "f":
        # IEEE-754 counts up from zero in both signs; one sign has to count down for one order.
        return np.where(words >= sign, sign - (words & (sign - np.uint64(1))), sign + words)
    return words ^ sign if values.dtype.kind == "i" else words


def _largest_absolute(left: NDArray[Any], right: NDArray[Any]) -> float:
    with np.errstate(over="ignore", invalid="ignore"):
        gaps = np.abs(left.astype(np.float64) - right.astype(np.float64))
    return float(np.max(np.where(np.isnan(gaps), np.inf, gaps)))
