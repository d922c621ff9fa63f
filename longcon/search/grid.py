"""The grid of a search: learning rates and weights of the L2 penalty, sampled logarithmically (paper, Section IV-D)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from longcon.errors import RecipeError
from longcon.training import Recipe


@dataclass(frozen=True)
class Grid:
    """A square of recipes that differ in learning rate and weight decay alone.

    The paper's grid is the default: 8 x 8, "the grid endpoints were exp(-6) and exp(-2) for both".

    Attributes:
        low: natural logarithm of the least value of both.
        high: natural logarithm of the largest.
        size: values of each.

    Raises:
        RecipeError: these make no grid.
    """

    low: float = -6.0
    high: float = -2.0
    size: int = 8

    def __post_init__(self) -> None:
        if self.size < 1:
            raise RecipeError(f"the grid has {self.size} values of each parameter: give --grid=1 or more.")
        if not (math.isfinite(self.low) and math.isfinite(self.high) and abs(self.high) <= 300 >= abs(self.low)):
            raise RecipeError(f"the grid runs from exp({self.low:g}) to exp({self.high:g}): give numbers within 300.")
        if self.size > 1 and not self.low < self.high:
            raise RecipeError(
                f"the grid runs from exp({self.low:g}) to exp({self.high:g}): give --low a smaller number than --high."
            )

    @property
    def values(self) -> tuple[float, ...]:
        """The values of each parameter, the least first."""
        span, steps = self.high - self.low, max(1, self.size - 1)
        return tuple(math.exp(self.low + span * step / steps) for step in range(self.size))

    def recipes(self, start: Recipe) -> Iterator[Recipe]:
        """Yields a recipe for every point, by learning rate and then weight decay; all else is that of ``start``."""
        for rate in self.values:
            for decay in self.values:
                yield replace(start, learning_rate=rate, weight_decay=decay)
