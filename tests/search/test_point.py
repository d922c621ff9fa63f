"""Points of a grid: the winner among equals, the rule of one standard error, and what early stops may say."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longcon.errors import BuildError
from longcon.search import Point, winner, within_one_standard_error
from longcon.search.early_stop import hopeless, settled
from longcon.training import Recipe

HOLDOUT = 87


def point(*wrong: int, failure: str = "", stopped: str = "") -> Point:
    """A point whose epochs call so many cases wrongly."""
    errors = tuple(count / HOLDOUT for count in wrong)
    return Point(Recipe(k=2), errors, HOLDOUT, "key" if wrong else "", failure, stopped)


def test_a_point_is_as_good_as_its_best_epoch() -> None:
    one = point(9, 4, 6, 4)
    assert (one.error, one.epoch, one.wrong) == (4 / 87, 2, 4)
    failed = point(failure="no")
    assert (failed.error, failed.epoch, failed.wrong) == (math.inf, 0, 87)


@pytest.mark.parametrize(
    ("points", "wins"),
    [
        ([point(9, 4), point(3, 9)], 1),
        ([point(9, 3), point(3, 9)], 1),  # of equals the earlier epoch
        ([point(3, 9), point(3, 8)], 0),  # then the first of the grid
        ([point(failure="no"), point(87)], 1),
    ],
)
def test_the_winner_has_the_least_error_first(points: list[Point], wins: int) -> None:
    assert winner(points) is points[wins]


def test_a_grid_that_failed_throughout_has_no_winner() -> None:
    with pytest.raises(BuildError) as error:
        winner([point(failure="Training became non-finite in epoch 1."), point(failure="so did I")])
    assert str(error.value) == (
        "No point of the grid could be trained; the first one failed so: Training became non-finite in epoch 1."
    )


def test_candidates_are_within_one_standard_error() -> None:
    # 3 of 87: error 0.0345, standard error 0.0196, limit 0.0540, which 4 of 87 (0.0460) meets and 5 (0.0575) does not.
    points = [point(4), point(3), point(5), point(3, stopped="hopeless"), point(failure="no")]
    candidates, limit = within_one_standard_error(points)
    assert candidates == (points[0], points[1])
    assert limit == pytest.approx(3 / 87 + math.sqrt(3 / 87 * (84 / 87) / 87))


def test_an_error_of_0_settles_a_grid() -> None:
    seen = [point(5, 0), point(3, 1), point(failure="no")]
    decided = settled(seen)
    assert [one.stopped for one in decided] == ["error 0 was reached in epoch 2"] * 2 + [""]
    assert winner(decided).errors == seen[0].errors
    above = (point(1), point(2))
    assert settled(above) == above


_COURSES = st.lists(st.lists(st.integers(0, 12), min_size=8, max_size=8), min_size=1, max_size=8)


@given(_COURSES, st.integers(1, 8))
def test_what_settles_a_grid_never_changes_its_winner(courses: list[list[int]], look: int) -> None:
    """The whole law: whatever the epochs to come bring, the winner at a settled look is that of the end."""
    seen = settled([point(*course[:look]) for course in courses])
    if not any(one.stopped for one in seen):
        return
    ended = winner([point(*course) for course in courses])
    early = winner(seen)
    assert (early.errors, early.epoch) == (ended.errors[:look], ended.epoch)


@given(_COURSES, st.integers(1, 8))
def test_the_hopeless_are_behind_and_the_best_goes_on(courses: list[list[int]], look: int) -> None:
    points = [point(*course[:look]) for course in courses]
    left = hopeless(points)
    best = winner(points)
    bound = best.error + 3 * math.sqrt(best.error * (1 - best.error) / HOLDOUT)
    assert [bool(one.stopped) for one in left] == [one.error > bound for one in points]
    assert [replace(one, stopped="") for one in left] == points
