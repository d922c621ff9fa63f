"""Which point is the most repeatable one."""

from __future__ import annotations

import pytest

from longcon.search import Rebuilt, most_repeatable
from tests.search.test_point import point


def rebuilt(epoch: int, together: dict[str, float], sines: dict[str, float], wrong: int = 4) -> Rebuilt:
    """A point whose best epoch is given, with how long its rebuilds stay together."""
    return Rebuilt(point(*[9] * (epoch - 1), wrong, 9), together, sines)


SHORT = rebuilt(7, {"cpu+order:1": 12.0, "cpu+isa:default": 20.0}, {"cpu+order:1": 1e-14, "cpu+isa:default": 1e-15})
LONG = rebuilt(20, {"cpu+order:1": 30.0}, {"cpu+order:1": 1e-10})
LATE = rebuilt(50, {"cpu+order:1": 40.0}, {"cpu+order:1": 0.3}, wrong=3)
FAILED = Rebuilt(point(3), {}, {}, failure="no")


def test_rebuilds_are_together_as_long_as_the_first_of_them() -> None:
    assert (SHORT.epochs_together, SHORT.sine, SHORT.repeatable) == (12.0, 1e-14, True)
    assert (LATE.epochs_together, LATE.repeatable) == (40.0, False)
    assert (FAILED.epochs_together, FAILED.sine, FAILED.repeatable) == (0.0, 1.0, False)


@pytest.mark.parametrize(
    ("rivals", "wins"),
    [
        ([SHORT, LONG], 1),
        ([LONG, LATE], 0),  # whoever parts before its own release is no choice, however late that is
        ([LATE, FAILED], 0),  # where all part, the last to do so
        ([SHORT, rebuilt(3, {"a": 12.0}, {"a": 1e-15})], 1),  # of equals the smaller sine
        ([rebuilt(3, {"a": 12.0}, {"a": 0.0}), rebuilt(3, {"a": 12.0}, {"a": 0.0}, wrong=3)], 1),  # then fewer errors
    ],
)
def test_the_most_repeatable_stays_together_longest(rivals: list[Rebuilt], wins: int) -> None:
    assert most_repeatable(rivals) is rivals[wins]
