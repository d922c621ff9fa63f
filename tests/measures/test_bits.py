"""Bit for bit: no flipped bit is missed, and what is said of it is right."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from longcon.errors import BuildError
from longcon.measures import BitDifference, bitwise_difference

ARRAYS = st.sampled_from(["float16", "float32", "float64", ">f8", "int64", "uint32"]).flatmap(
    lambda dtype: hnp.arrays(dtype, hnp.array_shapes(max_dims=3, max_side=4))
)
TINY = 5e-324


def found(a: NDArray[Any], b: NDArray[Any]) -> BitDifference:
    difference = bitwise_difference(a, b)
    assert difference is not None
    return difference


@given(ARRAYS)
def test_a_copy_is_the_same(array: NDArray[Any]) -> None:
    assert bitwise_difference(array, array.copy()) is None


@given(ARRAYS, st.data())
def test_any_flipped_bit_is_found(array: NDArray[Any], data: st.DataObject) -> None:
    flipped = array.copy()
    octets = flipped.reshape(-1).view(np.uint8)
    octet = data.draw(st.integers(0, octets.size - 1))
    octets[octet] ^= np.uint8(1 << data.draw(st.integers(0, 7)))
    place = np.unravel_index(octet // array.dtype.itemsize, array.shape)
    for difference in (found(array, flipped), found(flipped, array)):
        assert (difference.differing, difference.total) == (1, array.size)
        assert difference.first_index == tuple(int(i) for i in place)


@given(st.floats(allow_nan=False), st.integers(1, 2**62))
def test_ulps_count_the_numbers_between(start: float, steps: int) -> None:
    bits = int(np.float64(abs(start)).view(np.int64))
    end = np.int64(min(bits + steps, int(np.float64(math.inf).view(np.int64)))).view(np.float64)
    if end != abs(start):
        expected = min(steps, int(np.float64(math.inf).view(np.int64)) - bits)
        assert found(np.array([abs(start)]), np.array([end])).largest_ulp == expected
        assert found(np.array([-abs(start)]), np.array([-end])).largest_ulp == expected


@pytest.mark.parametrize(
    ("a", "b", "ulp", "absolute"),
    [
        (0.0, -0.0, 0, 0.0),
        (TINY, -TINY, 2, 2 * TINY),
        (0.125, 0.12500000000000003, 1, 2.0**-55),
        (1.0, 2.0, 2**52, 1.0),
        (-1.0, 1.0, 2 * 1023 * 2**52, 2.0),
        (1.7976931348623157e308, math.inf, 1, math.inf),
        (math.inf, -math.inf, 2 * 2047 * 2**52, math.inf),
        (math.nan, 1.0, math.inf, math.inf),
        (math.nan, -math.nan, math.inf, math.inf),
    ],
)
def test_sizes_by_hand(a: float, b: float, ulp: float, absolute: float) -> None:
    for left, right in ((a, b), (b, a)):
        difference = found(np.array([left]), np.array([right]))
        assert (difference.largest_ulp, difference.largest_absolute) == (ulp, absolute)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", ">f4"])
def test_neighbours_are_one_ulp_apart_in_every_precision(dtype: str) -> None:
    native = np.dtype(dtype).newbyteorder("=")
    a = np.array([1.0, -1.0, 0.0], dtype=native)
    b = np.nextafter(a, native.type(2.0))
    assert found(a.astype(dtype), b.astype(dtype)).largest_ulp == 1


@pytest.mark.parametrize(
    ("dtype", "a", "b", "steps"), [("int64", -(2**63), 2**63 - 1, 2**64 - 1), ("int8", -1, 1, 2), ("uint32", 1, 9, 8)]
)
def test_integers_step_by_one(dtype: str, a: int, b: int, steps: int) -> None:
    assert found(np.array([a], dtype=dtype), np.array([b], dtype=dtype)).largest_ulp == steps


def test_booleans() -> None:
    difference = found(np.array([True, False]), np.array([True, True]))
    assert difference == BitDifference(1, 2, (1,), (0.0, 1.0), 1, 1.0)


def test_a_payload_of_nan_counts() -> None:
    a = np.array([0x7FF8000000000000], dtype=np.uint64).view(np.float64)
    b = np.array([0x7FF8000000000001], dtype=np.uint64).view(np.float64)
    assert found(a, b).describe() == "1 of 1 values differ, first at (0,): nan against nan (not a number)"


def test_views_and_scalars() -> None:
    a = np.arange(24.0).reshape(4, 6)
    assert bitwise_difference(a.T, a.T.copy()) is None
    assert bitwise_difference(np.zeros((0, 3)), np.zeros((0, 3))) is None
    assert found(np.array(1.0), np.array(2.0)).first_index == ()
    b = a.copy()
    b[2, 5] = 0.0
    assert found(a.T, b.T).first_index == (5, 2)


def test_described_when_one_value_differs() -> None:
    a = np.full((800, 800), 0.125)
    b = a.copy()
    b[12, 40] = 0.12500000000000003
    assert found(a, b).describe() == (
        "1 of 640,000 values differ, first at (12, 40): 0.125 against 0.12500000000000003 (1 ulp)"
    )


def test_described_when_several_differ() -> None:
    a, b = np.array([1.0, 2.0, 0.0]), np.array([1.0, 4.0, -0.0])
    difference = found(a, b)
    assert difference == BitDifference(2, 3, (1,), (2.0, 4.0), 2**52, 2.0)
    assert difference.describe() == (
        "2 of 3 values differ, first at (1,): 2.0 against 4.0 (largest difference: 4,503,599,627,370,496 ulp)"
    )


@pytest.mark.parametrize(
    ("a", "b", "text", "total"),
    [
        (np.ones(3), np.ones((3, 1)), "float64 of shape (3,) against float64 of shape (3, 1)", 3),
        (np.ones(3), np.ones(3, dtype="float32"), "float64 of shape (3,) against float32 of shape (3,)", 3),
        (np.ones(2, dtype="int64"), np.ones(3), "int64 of shape (2,) against float64 of shape (3,)", 3),
    ],
    ids=["shape", "dtype", "both"],
)
def test_layouts_that_differ(a: NDArray[Any], b: NDArray[Any], text: str, total: int) -> None:
    difference = found(a, b)
    assert difference.describe() == text
    assert (difference.differing, difference.total, difference.first_index) == (total, total, ())
    assert (difference.largest_ulp, difference.largest_absolute) == (math.inf, math.inf)
    assert all(math.isnan(value) for value in difference.first_values)


@pytest.mark.parametrize("dtype", ["complex128", "longdouble", "object"])
def test_refused(dtype: str) -> None:
    array = np.ones(2, dtype=dtype)
    for pair in ((array, np.ones(2)), (np.ones(2), array)):
        with pytest.raises(BuildError) as caught:
            bitwise_difference(*pair)
        assert str(caught.value) == (
            f"Arrays of dtype {array.dtype} cannot be compared bit for bit: "
            "give floating, integer or boolean values of at most 64 bits."
        )
