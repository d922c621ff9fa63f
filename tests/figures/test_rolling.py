"""The rolling minimum: centred, cut off at the ends, past what was not measured."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from longcon.figures import rolling_minimum

NAN = math.nan

CASES = [
    ([3.0, 1.0, 2.0], 1, [3.0, 1.0, 2.0]),
    ([5.0, 4.0, 3.0, 4.0, 5.0, 6.0], 3, [4.0, 3.0, 3.0, 3.0, 4.0, 5.0]),
    ([1.0, 9.0, 9.0, 9.0, 9.0], 5, [1.0, 1.0, 1.0, 9.0, 9.0]),
    ([NAN, 2.0, NAN, NAN, 1.0, NAN], 3, [2.0, 2.0, 2.0, 1.0, 1.0, 1.0]),
    ([2.0, NAN, NAN, NAN, NAN, NAN], 3, [2.0, 2.0, NAN, NAN, NAN, NAN]),
    ([NAN, NAN], 23, [NAN, NAN]),
    ([4.0, 2.0], 23, [2.0, 2.0]),
    ([math.inf, math.inf, 1.0], 1, [math.inf, math.inf, 1.0]),
]


@pytest.mark.parametrize(("values", "width", "least"), CASES)
def test_cases(values: list[float], width: int, least: list[float]) -> None:
    np.testing.assert_array_equal(rolling_minimum(np.array(values), width), least)


def test_the_papers_width_is_the_default() -> None:
    values = np.full(60, 7.0)
    values[30] = 1.0
    assert np.flatnonzero(rolling_minimum(values) == 1.0).tolist() == list(range(19, 42))


@given(st.lists(st.floats(0, 1) | st.just(NAN), min_size=1, max_size=40), st.integers(0, 6).map(lambda n: 2 * n + 1))
def test_it_is_the_least_of_each_neighbourhood(values: list[float], width: int) -> None:
    half = width // 2
    near = [[v for v in values[max(0, i - half) : i + half + 1] if v == v] for i in range(len(values))]  # noqa: PLR0124
    expected = [min(numbers) if numbers else NAN for numbers in near]
    np.testing.assert_array_equal(rolling_minimum(np.array(values), width), expected)


@pytest.mark.parametrize("width", [0, 2, 22, -1])
def test_a_neighbourhood_without_a_centre_is_refused(width: int) -> None:
    with pytest.raises(ValueError, match=f"^A centred neighbourhood has an odd number of iterates, not {width}.$"):
        rolling_minimum(np.ones(3), width)
