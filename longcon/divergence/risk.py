"""The risk that a rebuild elsewhere diverges, estimated on one machine (paper, Section IV-G; Clopper, Pearson 1934)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from longcon.errors import BuildError
from longcon.measures import interval


@dataclass(frozen=True)
class Rate:
    """An observed rate with its exact two-sided interval.

    Attributes:
        events: how often it happened.
        trials: of how many.
        low: lower end of the interval.
        high: upper end.
        confidence: of the interval.
    """

    events: int
    trials: int
    low: float
    high: float
    confidence: float

    def __str__(self) -> str:
        """E.g. ``"3 of 10 (30%; 95% interval 6.67% to 65.2%)"``."""
        share, low, high = (f"{100 * rate:.3g}%" for rate in (self.events / self.trials, self.low, self.high))
        return f"{self.events} of {self.trials} ({share}; {100 * self.confidence:g}% interval {low} to {high})"


def divergence_probability(diverged: Sequence[bool], confidence: float = 0.95) -> Rate:
    """Returns an estimate of the probability that a rebuild on another device diverges, from order surrogates.

    Each order surrogate is one more draw of round-off on the same recipe, data and seed. The estimate is as good as
    the assumption that another device's round-off is such a draw, too.

    Args:
        diverged: for each order surrogate, whether it diverged from the original.
        confidence: of the two-sided exact interval.

    Raises:
        BuildError: there is no surrogate.
    """
    if not diverged:
        raise BuildError("A probability needs builds on order surrogates: give --orders=1 or more.")
    low, high = interval(sum(diverged), len(diverged), confidence)
    return Rate(sum(diverged), len(diverged), low, high, confidence)


def share_below(residuals: NDArray[np.float64], threshold: float) -> float | None:
    """Returns the share of the steps with a residual whose residual is under the threshold; None if no step has one.

    Args:
        residuals: of every step, NaN where none was asked for.
        threshold: the protocol's residual threshold.
    """
    known = residuals[~np.isnan(residuals)]
    return float((known < threshold).mean()) if len(known) else None
