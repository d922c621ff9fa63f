"""Longitudinal consistency: builds give one call wherever all are conclusive (paper, Definitions 1-2, Section II-B)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from longcon.errors import BuildError
from longcon.measures.scores import require_scores, require_tau


@dataclass(frozen=True, eq=False)
class ConsistencyTable:
    """Every case of a set, by what the builds said of it.

    The whole table is kept because a higher tau makes fewer cases reportable, and so hides discrepancies.

    Attributes:
        cases: cases in the set: the sum of the next four.
        concordant: conclusive in all builds, with one call.
        discordant: conclusive in all builds, with more than one call; discrepancies.
        conclusive_in_some: conclusive in at least one build, not in all.
        conclusive_in_none: conclusive in no build.
        discordant_cases: int64, ascending row numbers of the discrepancies; read-only.
    """

    cases: int
    concordant: int
    discordant: int
    conclusive_in_some: int
    conclusive_in_none: int
    discordant_cases: NDArray[np.int64]

    @property
    def reportable(self) -> int:
        """Cases conclusive in all builds: the denominator of both rates."""
        return self.concordant + self.discordant

    @property
    def discrepancy_rate(self) -> float | None:
        """Share of the reportable cases with more than one call; None when no case is reportable."""
        return self.discordant / self.reportable if self.reportable else None

    @property
    def proportion(self) -> float | None:
        """Share of the reportable cases with one call, to hold against the paper's p; None when none is reportable."""
        return self.concordant / self.reportable if self.reportable else None


def calls(scores: NDArray[Any]) -> NDArray[np.int64]:
    """Returns the call on each case: the class with the highest score (paper, Definition 2), the first of equals.

    Args:
        scores: cases x classes, floating; rows in [0, 1] that sum to 1.

    Raises:
        BuildError: the scores are not those of a classifier (Definition 1).
    """
    return _calls(require_scores(scores, "The scores"))


def conclusive(scores: NDArray[Any], tau: float) -> NDArray[np.bool_]:
    """Returns whether each case's call may be reported: its score is at least tau (paper, Section II-A).

    Args:
        scores: cases x classes, floating; rows in [0, 1] that sum to 1.
        tau: the cut-off, in (0, 1].

    Raises:
        BuildError: the scores are not those of a classifier (Definition 1).
        ProtocolError: tau is outside (0, 1].
    """
    require_tau(tau)
    return _conclusive(require_scores(scores, "The scores"), tau)


def longitudinal_consistency(scores: Sequence[NDArray[Any]], tau: float) -> ConsistencyTable:
    """Returns how far builds agree on a set at tau (paper, Section II-B).

    Args:
        scores: of each build, cases x classes, all on the same cases in the same order.
        tau: the cut-off of the original build, in (0, 1]; never tuned again for a rebuild.

    Raises:
        BuildError: fewer than two builds, shapes that differ, or scores that are not those of a classifier.
        ProtocolError: tau is outside (0, 1].
    """
    require_tau(tau)
    if len(scores) < 2:
        raise BuildError(f"Longitudinal consistency compares builds, but got {len(scores)}: give at least two.")
    tables = [require_scores(table, f"The scores of build {number}") for number, table in enumerate(scores, start=1)]
    for number, table in enumerate(tables[1:], start=2):
        if table.shape != tables[0].shape:
            raise BuildError(
                f"The scores of build {number} have shape {table.shape}, those of build 1 {tables[0].shape}: "
                "score every build on the same cases and classes."
            )
    called = np.stack([_calls(table) for table in tables])
    reported = np.stack([_conclusive(table, tau) for table in tables])
    return _tabulate(called, reported)


def _calls(scores: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.asarray(scores.argmax(axis=1), dtype=np.int64)


def _conclusive(scores: NDArray[np.float64], tau: float) -> NDArray[np.bool_]:
    return np.asarray(scores.max(axis=1) >= tau, dtype=np.bool_)


def _tabulate(called: NDArray[np.int64], reported: NDArray[np.bool_]) -> ConsistencyTable:
    """Counts builds x cases of calls and of whether each may be reported."""
    in_all, in_any = reported.all(axis=0), reported.any(axis=0)
    agreed = (called == called[0]).all(axis=0)
    discordant_cases = np.flatnonzero(in_all & ~agreed).astype(np.int64)
    discordant_cases.setflags(write=False)
    return ConsistencyTable(
        cases=int(called.shape[1]),
        concordant=int(np.count_nonzero(in_all & agreed)),
        discordant=int(discordant_cases.size),
        conclusive_in_some=int(np.count_nonzero(in_any & ~in_all)),
        conclusive_in_none=int(np.count_nonzero(~in_any)),
        discordant_cases=discordant_cases,
    )
