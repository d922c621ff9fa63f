"""Which points of a grid need no further training, and whether that can change the winner."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from longcon.search.point import Point, winner

# Standard errors of the best point's error by which a point must lie behind it to be called hopeless.
BEHIND = 3.0


def settled(points: Sequence[Point]) -> tuple[Point, ...]:
    """Returns the points with those marked as stopped that further training could not make the winner.

    An error of 0 is the least there is, and of equals the first to reach it wins: once a point has reached it, no point
    that has not can win any more. The winner is that of the whole grid, trained to the end.
    """
    best = winner(points)
    if best.error > 0:
        return tuple(points)
    return tuple(_stopped(point, f"error 0 was reached in epoch {best.epoch}") for point in points)


def hopeless(points: Sequence[Point]) -> tuple[Point, ...]:
    """Returns the points with those marked as stopped that lie far behind the best one so far.

    This can change the winner: a point far behind may yet become the best.
    """
    best = winner(points)
    limit = best.error + BEHIND * math.sqrt(best.error * (1 - best.error) / best.holdout)
    return tuple(
        _stopped(point, f"{BEHIND:g} standard errors behind") if point.errors and point.error > limit else point
        for point in points
    )


def _stopped(point: Point, why: str) -> Point:
    return replace(point, stopped=why) if point.errors else point
