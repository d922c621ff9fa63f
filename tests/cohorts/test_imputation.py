from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from longcon.cohorts import impute, training_medians
from longcon.errors import CohortError

NAN = np.nan


@pytest.mark.parametrize(
    ("row", "median"),
    [([0.1, 0.5, 0.3], 0.3), ([0.1, NAN, 0.5], 0.3), ([NAN, 0.7, NAN], 0.7), ([0.2, 0.4, 0.6, 0.8], 0.5)],
)
def test_the_median_is_of_present_values(row: list[float], median: float) -> None:
    assert training_medians(np.array([row]))[0] == pytest.approx(median, abs=1e-15)


def test_a_probe_without_values_has_no_median() -> None:
    assert np.isnan(training_medians(np.full((1, 3), NAN)))[0]
    assert np.isnan(training_medians(np.empty((1, 0))))[0]


@given(arrays(np.float32, (4, 7), elements=st.one_of(st.just(NAN), st.floats(0, 1, width=32))))
def test_medians_agree_with_numpys(betas: NDArray[np.float32]) -> None:
    with warnings.catch_warnings():
        # numpy warns of a row without values; that its median is NaN is what is compared.
        warnings.simplefilter("ignore", RuntimeWarning)
        expected = np.nanmedian(betas.astype(np.float64), axis=1)
    np.testing.assert_array_equal(training_medians(betas), expected)


def test_only_missing_values_are_replaced() -> None:
    filled = impute(np.array([[0.1, NAN], [0.3, 0.4]], dtype=np.float32), np.array([0.5, NAN]))
    assert filled.dtype == np.float64
    np.testing.assert_array_equal(filled, np.array([[np.float32(0.1), 0.5], [np.float32(0.3), np.float32(0.4)]]))


@pytest.mark.parametrize(
    ("medians", "message"),
    [
        (
            [0.5, NAN],
            "Probe row 1 is missing in every training case, so there is no median to fill it with; "
            "leave this probe out.",
        ),
        ([0.5], "There are 1 medians for 2 probes; take both from the same selection."),
    ],
)
def test_a_mistake_is_said_in_one_sentence(medians: list[float], message: str) -> None:
    with pytest.raises(CohortError) as caught:
        impute(np.full((2, 2), NAN), np.array(medians))
    assert str(caught.value) == message
