"""The grid of a search: the paper's end points, and what makes no grid."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longcon.errors import RecipeError
from longcon.search import Grid
from longcon.training import Recipe


def test_the_default_is_the_papers() -> None:
    values = Grid().values
    assert len(values) == 8
    assert (values[0], values[-1]) == (math.exp(-6), math.exp(-2))
    steps = [later / earlier for earlier, later in pairwise(values)]
    assert max(steps) - min(steps) < 1e-12
    # The default recipe is one of its points, to the bit.
    assert (Recipe(k=2).learning_rate, Recipe(k=2).weight_decay) == (values[1], values[3])


def test_every_point_differs_from_the_start_in_two_values_alone() -> None:
    start = Recipe(k=4, epochs=3, seed=9, dtype="float32")
    recipes = list(Grid(-3, -1, 3).recipes(start))
    assert len(set(recipes)) == 9
    assert [(r.learning_rate, r.weight_decay) for r in recipes[:4]] == [
        (math.exp(-3), math.exp(-3)),
        (math.exp(-3), math.exp(-2)),
        (math.exp(-3), math.exp(-1)),
        (math.exp(-2), math.exp(-3)),
    ]
    assert {(r.k, r.epochs, r.seed, r.dtype) for r in recipes} == {(4, 3, 9, "float32")}


@given(st.floats(-20, 20), st.floats(0.1, 20), st.integers(1, 12))
def test_values_rise_from_end_to_end(low: float, span: float, size: int) -> None:
    values = Grid(low, low + span, size).values
    assert len(values) == size
    assert list(values) == sorted(set(values))
    assert values[0] == math.exp(low)


@pytest.mark.parametrize(
    ("low", "high", "size", "says"),
    [
        (-6, -2, 0, "the grid has 0 values of each parameter: give --grid=1 or more."),
        (-2, -6, 8, "the grid runs from exp(-2) to exp(-6): give --low a smaller number than --high."),
        (-2, -2, 2, "the grid runs from exp(-2) to exp(-2): give --low a smaller number than --high."),
        (-6, 301, 8, "the grid runs from exp(-6) to exp(301): give numbers within 300."),
        (math.nan, -2, 8, "the grid runs from exp(nan) to exp(-2): give numbers within 300."),
    ],
)
def test_what_makes_no_grid_is_refused(low: float, high: float, size: int, says: str) -> None:
    with pytest.raises(RecipeError) as error:
        Grid(low, high, size)
    assert str(error.value) == says
