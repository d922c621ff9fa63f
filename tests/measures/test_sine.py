"""The vector sine: known angles, its algebra, and its precision where the paper's formula has none."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from longcon.errors import BuildError
from longcon.measures import default_sine_tolerance, vector_sine

EPS = float(np.finfo(np.float64).eps)
SEEDS = st.integers(0, 2**32 - 1)
SCALES = st.floats(1e-290, 1e290) | st.floats(-1e290, -1e-290)


def orthonormal_pair(seed: int, length: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    basis, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(length, 2)))
    return basis[:, 0], basis[:, 1]


def paper_sine(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    cosine = float(a @ b / math.sqrt((a @ a) * (b @ b)))
    return math.sqrt(max(0.0, 1.0 - cosine**2))


@pytest.mark.parametrize(
    ("a", "b", "sine"),
    [
        ([3.0, 4.0], [3.0, 4.0], 0.0),
        ([3.0, 4.0], [-6.0, -8.0], 0.0),
        ([1.0, 0.0], [0.0, 5.0], 1.0),
        ([1.0, 0.0], [1.0, 1.0], math.sqrt(0.5)),
        ([1.0, 0.0], [math.sqrt(3.0), 1.0], 0.5),
        ([3.0, 4.0], [4.0, 3.0], 0.28),
        ([1.0, 0.0], [1.0, 1e-15], 1e-15),
        ([1.0, 0.0], [1.0, 1e-200], 1e-200),
        ([1e300, 0.0], [1e-300, 1e-300], math.sqrt(0.5)),
        ([5e-324, 0.0], [5e-324, 5e-324], math.sqrt(0.5)),
        ([1.7e308, 1.7e308], [1.7e308, 0.0], math.sqrt(0.5)),
    ],
    ids=str,
)
def test_hand_computed(a: list[float], b: list[float], sine: float) -> None:
    assert vector_sine(np.array(a), np.array(b)) == pytest.approx(sine, rel=4 * EPS, abs=0.0)


@given(SEEDS, st.integers(2, 300), st.floats(0.0, math.pi))
def test_rotation_by_an_angle_gives_its_sine(seed: int, length: int, angle: float) -> None:
    a, q = orthonormal_pair(seed, length)
    rotated = math.cos(angle) * a + math.sin(angle) * q
    assert vector_sine(a, rotated) == pytest.approx(math.sin(angle), rel=0.0, abs=8 * EPS)


@given(st.floats(1e-300, math.pi / 2))
def test_small_angles_keep_their_relative_precision(angle: float) -> None:
    turned = np.array([math.cos(angle), math.sin(angle)])
    assert vector_sine(np.array([1.0, 0.0]), turned) == pytest.approx(math.sin(angle), rel=8 * EPS, abs=0.0)


@given(SEEDS, st.integers(2, 300))
def test_sees_what_the_papers_formula_cannot(seed: int, length: int) -> None:
    a, q = orthonormal_pair(seed, length)
    b = a + 1e-12 * q
    assert vector_sine(a, b) == pytest.approx(1e-12, rel=1e-2)
    assert vector_sine(a, a + 1e-15 * q) > 0.0
    assert abs(paper_sine(a, b) - vector_sine(a, b)) <= 4 * math.sqrt(EPS)


@given(SEEDS, st.integers(1, 300))
def test_agrees_with_the_papers_formula_to_its_noise(seed: int, length: int) -> None:
    a, b = np.random.default_rng(seed).normal(size=(2, length))
    assert vector_sine(a, b) == pytest.approx(paper_sine(a, b), rel=0.0, abs=4 * math.sqrt(EPS))


@given(
    hnp.arrays(np.float64, st.shared(st.integers(1, 20), key="n"), elements=st.floats(-1e308, 1e308)),
    hnp.arrays(np.float64, st.shared(st.integers(1, 20), key="n"), elements=st.floats(-1e308, 1e308)),
)
def test_symmetric_and_between_0_and_1(a: NDArray[np.float64], b: NDArray[np.float64]) -> None:
    assume(a.any() and b.any())
    sine = vector_sine(a, b)
    assert 0.0 <= sine <= 1.0
    assert sine == vector_sine(b, a) == vector_sine(-a, b) == vector_sine(a, -b)
    assert vector_sine(a, a) == 0.0
    assert vector_sine(a, -a) == 0.0


@given(SEEDS, st.integers(1, 300), SCALES, SCALES)
def test_scale_does_not_matter(seed: int, length: int, first: float, second: float) -> None:
    a, b = np.random.default_rng(seed).uniform(0.5, 1.0, size=(2, length))
    assert vector_sine(first * a, second * b) == pytest.approx(vector_sine(a, b), rel=0.0, abs=4 * EPS)
    assert vector_sine(first * a, second * a) <= 4 * EPS


@given(SEEDS, st.integers(2, 300))
def test_orthogonal_gives_one(seed: int, length: int) -> None:
    a, q = orthonormal_pair(seed, length)
    assert vector_sine(a, q) == pytest.approx(1.0, rel=0.0, abs=4 * EPS)


def test_precision_holds_for_a_million_parameters() -> None:
    a = np.random.default_rng(0).normal(size=1_000_000)
    assert vector_sine(a, a) == 0.0
    assert vector_sine(a, a / 3.0) <= 2 * EPS
    one_bit = a.copy()
    one_bit[777_777] = np.nextafter(a[777_777], np.inf)
    assert 0.0 < vector_sine(a, one_bit) < EPS


def test_float32_is_widened_exactly() -> None:
    a, b = np.random.default_rng(1).normal(size=(2, 50)).astype(np.float32)
    assert vector_sine(a, b) == vector_sine(a.astype(np.float64), b.astype(np.float64))
    assert vector_sine(a, a.astype(np.float64)) == 0.0


def test_inputs_are_left_alone_and_may_be_views() -> None:
    a = np.arange(1.0, 9.0)
    a.setflags(write=False)
    assert vector_sine(a[::2], a[::2].copy()) == 0.0


@pytest.mark.parametrize(
    ("a", "b", "text"),
    [
        (
            np.ones(3),
            np.ones(4),
            "The vector sine needs two vectors of one length, but got shapes (3,) and (4,): "
            "flatten the parameters, and compare builds of one network.",
        ),
        (
            np.ones((2, 2)),
            np.ones((2, 2)),
            "The vector sine needs two vectors of one length, but got shapes (2, 2) and (2, 2): "
            "flatten the parameters, and compare builds of one network.",
        ),
        (
            np.ones(2),
            np.array([1.0, math.nan]),
            "The vector sine's second vector holds nan at index 1: "
            "its training overflowed, so lower the learning rate.",
        ),
        (
            np.array([-math.inf, 1.0]),
            np.ones(2),
            "The vector sine's first vector holds -inf at index 0: "
            "its training overflowed, so lower the learning rate.",
        ),
        (
            np.zeros(2),
            np.ones(2),
            "The vector sine's first vector is zero and has no direction: compare builds that were initialised.",
        ),
        (
            np.ones(2),
            np.ones(2, dtype=np.int64),
            "The vector sine's second vector is of dtype int64: give parameters in float32 or float64.",
        ),
    ],
    ids=["lengths", "matrices", "nan", "infinity", "zero", "integers"],
)
def test_refused(a: NDArray[Any], b: NDArray[Any], text: str) -> None:
    with pytest.raises(BuildError) as caught:
        vector_sine(a, b)
    assert str(caught.value) == text


@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 2.0**-11.5), (np.dtype(np.float64), 2.0**-26)])
def test_default_tolerance(dtype: str | np.dtype[Any], tolerance: float) -> None:
    assert default_sine_tolerance(dtype) == tolerance


@pytest.mark.parametrize("dtype", ["int64", "float23"])
def test_default_tolerance_refused(dtype: str) -> None:
    with pytest.raises(BuildError) as caught:
        default_sine_tolerance(dtype)
    assert str(caught.value) == (
        f"The sine tolerance of dtype '{dtype}' is undefined: name a floating dtype, float32 or float64."
    )
