from __future__ import annotations

import mpmath  # type: ignore[import-untyped]
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from longcon.cohorts import m_values
from longcon.cohorts.mvalues import log2
from longcon.errors import CohortError

BETAS = st.lists(st.floats(0, 1), min_size=2, max_size=50).map(np.array)


def ulps_off(x: float) -> float:
    with mpmath.workprec(200):
        exact = mpmath.log(mpmath.mpf(x), 2)
        error = abs(mpmath.mpf(float(log2(np.array([x]))[0])) - exact)
        return float(error / mpmath.mpf(float(np.spacing(abs(float(exact))))))


@pytest.mark.parametrize(("low", "high"), [(1e-3, 1e3), (0.5, 2.0), (0.9, 1.1), (1 - 1e-6, 1 + 1e-6), (1e-300, 1e300)])
def test_log2_is_within_one_unit_in_the_last_place(low: float, high: float) -> None:
    drawn = np.random.default_rng(0).uniform(low, high, 3000)
    assert max(ulps_off(x) for x in drawn.tolist()) < 1.0


def test_log2_of_powers_of_two_is_exact() -> None:
    powers = np.arange(-1000, 1000, dtype=np.float64)
    np.testing.assert_array_equal(log2(np.ldexp(1.0, powers.astype(np.int64))), powers)


def test_values_are_clipped_and_counted() -> None:
    transformed = m_values(np.array([[0.0, 0.5], [1.0, 0.9995]], dtype=np.float32))
    limit = np.log2(0.999 / 0.001)
    np.testing.assert_allclose(transformed.values, [[-limit, 0.0], [limit, limit]], rtol=1e-14)
    assert transformed.clipped == 3
    assert transformed.values.dtype == np.float64


@given(BETAS)
def test_m_values_rise_with_beta(betas: NDArray[np.float64]) -> None:
    values = m_values(np.sort(betas)).values
    assert (np.diff(values) >= -1e-14).all()


@given(BETAS)
def test_m_values_are_antisymmetric_about_one_half(betas: NDArray[np.float64]) -> None:
    np.testing.assert_allclose(m_values(1.0 - betas).values, -m_values(betas).values, atol=1e-12)


@pytest.mark.parametrize(
    ("betas", "clip", "message"),
    [
        ([0.1, np.nan], 1e-3, "A missing beta has no M-value; impute missing values before the transform."),
        ([0.1], 0.5, "A clip of 0.5 is out of range; give one above 0 and below 0.5."),
        ([0.1], 0.0, "A clip of 0 is out of range; give one above 0 and below 0.5."),
        ([0.1, 1.25], 1e-3, "1.25 is no beta value; give values from 0 to 1."),
    ],
)
def test_a_mistake_is_said_in_one_sentence(betas: list[float], clip: float, message: str) -> None:
    with pytest.raises(CohortError) as caught:
        m_values(np.array(betas), clip)
    assert str(caught.value) == message
