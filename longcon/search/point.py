"""What a search sees of a point of its grid: the error at full recall after every epoch (paper, Section IV-D)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from longcon.errors import BuildError
from longcon.training import Recipe


@dataclass(frozen=True)
class Point:
    """A point of the grid as it was trained.

    Attributes:
        recipe: that was trained.
        errors: hold-out error at full recall after each epoch, the first epoch's first; empty where training failed.
        holdout: cases of the hold-out.
        build: key of its build; empty where there is none.
        failure: why there is none, in a sentence; mostly empty.
        stopped: why it was trained no further than to its last error, in a few words; mostly empty.
    """

    recipe: Recipe
    errors: tuple[float, ...]
    holdout: int
    build: str
    failure: str = ""
    stopped: str = ""

    @property
    def error(self) -> float:
        """Least error over the epochs; infinite where training failed."""
        return min(self.errors, default=math.inf)

    @property
    def epoch(self) -> int:
        """The epoch of the least error, the earliest of equals; 0 where training failed."""
        return 1 + self.errors.index(self.error) if self.errors else 0

    @property
    def wrong(self) -> int:
        """Cases of the hold-out that are called wrongly at that epoch."""
        return round(self.error * self.holdout) if self.errors else self.holdout

    @property
    def title(self) -> str:
        """The point in words."""
        return f"learning rate {self.recipe.learning_rate:.4g}, weight decay {self.recipe.weight_decay:.4g}"

    @property
    def whole(self) -> bool:
        """Whether it was trained to the end."""
        return not self.failure and not self.stopped


def winner(points: Sequence[Point]) -> Point:
    """Returns the point of least error; of equals that which reaches it first, then the first of the grid.

    The paper does not say which of equals it took. An earlier epoch is the cheaper build, and the one that had less
    time to part from its rebuilds.

    Raises:
        BuildError: no point could be trained; the text quotes the first one's failure.
    """
    trained = [point for point in points if point.errors]
    if not trained:
        raise BuildError(f"No point of the grid could be trained; the first one failed so: {points[0].failure}")
    return min(trained, key=lambda point: (point.error, point.epoch))


def within_one_standard_error(points: Sequence[Point]) -> tuple[tuple[Point, ...], float]:
    """Returns the points whose error does not differ from the least by more than its standard error, and that limit.

    The rule of one standard error (Breiman, Friedman, Olshen, Stone 1984): an error e on n cases has the standard
    error sqrt(e (1 - e) / n), and within it no classifier is known to be the better one.

    Args:
        points: of one grid; those that were stopped early are left out, since nobody saw their least error.

    Raises:
        BuildError: no point could be trained.
    """
    best = winner(points)
    limit = best.error + math.sqrt(best.error * (1 - best.error) / best.holdout)
    return tuple(point for point in points if point.whole and point.error <= limit), limit
