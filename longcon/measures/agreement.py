"""Agreement of calls: with a reference, by class, and among any number of builds beyond chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from longcon.errors import BuildError
from longcon.measures.bounds import interval

_CONFIDENCE = 0.95
INCONCLUSIVE = -1


@dataclass(frozen=True)
class Share:
    """So many of so many, with the exact two-sided 95 % interval of the rate (Clopper and Pearson 1934).

    Attributes:
        agreed: how many agreed.
        of: how many could have.
        low: lower end of the interval.
        high: upper end of the interval.
    """

    agreed: int
    of: int
    low: float
    high: float

    @property
    def rate(self) -> float | None:
        """The share; None where none could have agreed."""
        return self.agreed / self.of if self.of else None


def share(agreed: int, of: int) -> Share:
    """Returns a share with its interval."""
    return Share(agreed, of, *interval(agreed, of, _CONFIDENCE))


def reported_calls(called: NDArray[np.int64], reported: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Returns what is reported of each case: its call, or `INCONCLUSIVE` where none may be reported.

    Args:
        called: cases, int64; each case's call.
        reported: cases; whether it is conclusive.
    """
    return np.where(reported, called, INCONCLUSIVE).astype(np.int64)


def positive_agreement(reference: NDArray[np.int64], other: NDArray[np.int64], target: int) -> Share:
    """Returns the positive percent agreement: of the reference's calls of the target class, the share kept.

    Args:
        reference: cases, int64; what the reference reports of each.
        other: the same of the build that is compared with it.
        target: number of the target class.
    """
    positive = reference == target
    return share(int(np.count_nonzero(other[positive] == target)), int(np.count_nonzero(positive)))


def negative_agreement(reference: NDArray[np.int64], other: NDArray[np.int64], target: int) -> Share:
    """Returns the negative percent agreement: of the cases not called as the target by the reference, the share kept.

    Inconclusive cases are negative: no call of the target class leaves the laboratory for them.

    Args:
        reference: cases, int64; what the reference reports of each.
        other: the same of the build that is compared with it.
        target: number of the target class.
    """
    negative = reference != target
    return share(int(np.count_nonzero(other[negative] != target)), int(np.count_nonzero(negative)))


def fleiss_kappa(ratings: Sequence[NDArray[np.int64]]) -> float | None:
    """Returns Fleiss' kappa: agreement among raters beyond what chance alone would give (Fleiss 1971).

    Args:
        ratings: of each rater, cases, int64; at least two raters, all of the same cases.

    Returns:
        1 for perfect agreement, 0 for that of chance; None where every rating is one and the same category, since
        chance alone then agrees always.

    Raises:
        BuildError: fewer than two raters, no case, or ratings of unequal length.
    """
    if len(ratings) < 2 or len({len(one) for one in ratings}) != 1 or len(ratings[0]) == 0:
        raise BuildError(
            f"Fleiss' kappa compares builds on the same cases, but got ratings of {[len(one) for one in ratings]}: "
            "give at least two builds and one case."
        )
    table = np.stack(ratings)
    raters, cases = table.shape
    counts = np.stack([(table == category).sum(axis=0) for category in np.unique(table)])
    by_case = ((counts * counts).sum(axis=0) - raters) / (raters * (raters - 1))
    by_chance = float(((counts.sum(axis=1) / (raters * cases)) ** 2).sum())
    return float((by_case.mean() - by_chance) / (1 - by_chance)) if len(counts) > 1 else None
