"""The clinical cut-off tau: the most recall at perfect precision on the hold-out (paper, Section IV-F and Fig. 1).

The classes are lumped in two, the target's score against the sum of all others; the sum being 1, one score says it all.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from longcon.errors import CutoffError
from longcon.measures.scores import require_tau

_ROWS_SHOWN = 10


@dataclass(frozen=True)
class OperatingPoint:
    """Precision and recall of the target class where a score of at least ``threshold`` counts as the target."""

    threshold: float
    precision: float
    recall: float


@dataclass(frozen=True)
class Cutoff:
    """The cut-off that was found, and the curve it was found on.

    Attributes:
        tau: the lowest target score above the score of every other case.
        recall: share of the target cases that score at least tau.
        precision: exactly 1.0.
        true_positives: target cases that score at least tau.
        targets: target cases in the hold-out.
        table: the operating point of every distinct score, highest threshold first.
    """

    tau: float
    recall: float
    precision: float
    true_positives: int
    targets: int
    table: tuple[OperatingPoint, ...]


@dataclass(frozen=True)
class AppliedCutoff:
    """What a carried tau does on a build that it was not found on.

    Attributes:
        tau: the carried cut-off.
        precision: share of targets among the cases that score at least tau; None when no case does.
        recall: share of the target cases that score at least tau.
        true_positives: target cases that score at least tau.
        false_positives: other cases that score at least tau.
        targets: target cases.
    """

    tau: float
    precision: float | None
    recall: float
    true_positives: int
    false_positives: int
    targets: int


def find_cutoff(target_scores: NDArray[np.floating], is_target: NDArray[np.bool_]) -> Cutoff:
    """Returns the cut-off that maximises recall subject to a precision of exactly 1.

    Args:
        target_scores: (cases,) floating, the score of the target class on each case of the hold-out, in [0, 1].
        is_target: (cases,) bool, whether the case is of the target class.

    Raises:
        CutoffError: no cut-off has precision 1, with the operating points in the message; or the hold-out lacks target
            or other cases, or its scores are not scores.
    """
    scores = _require_holdout(target_scores, is_target)
    table = _operating_points(scores, is_target)
    # Recall grows down the table, so the last point of perfect precision has the most of it.
    perfect = [point for point in table if point.precision == 1.0]
    if not perfect:
        raise CutoffError(_no_cutoff(scores, is_target, table))
    best = perfect[-1]
    applied = _apply(scores, is_target, best.threshold)
    return Cutoff(best.threshold, best.recall, best.precision, applied.true_positives, applied.targets, table)


def operating_point(target_scores: NDArray[np.floating], is_target: NDArray[np.bool_], tau: float) -> AppliedCutoff:
    """Returns precision and recall of a build at a tau that was carried to it, never tuned on it.

    Args:
        target_scores: (cases,) floating, the score of the target class on each case, in [0, 1].
        is_target: (cases,) bool, whether the case is of the target class.
        tau: the cut-off of the original build, in (0, 1].

    Raises:
        CutoffError: the cases lack targets or others, or their scores are not scores.
        ProtocolError: tau is outside (0, 1].
    """
    require_tau(tau)
    return _apply(_require_holdout(target_scores, is_target), is_target, float(tau))


def _require_holdout(scores: NDArray[np.floating], is_target: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Returns the scores as float64: beside a float32 score, numpy would round tau and let a score below it pass."""
    if scores.ndim != 1 or scores.shape != is_target.shape or is_target.dtype != np.bool_:
        raise CutoffError(
            f"The hold-out has scores of shape {scores.shape} and labels of shape {is_target.shape} and dtype "
            f"{is_target.dtype}: give one target score and one boolean per case."
        )
    # Written so that NaN, of which every comparison is false, is outside too.
    outside = ~((scores >= 0.0) & (scores <= 1.0))
    if outside.any():
        case = int(np.argmax(outside))
        raise CutoffError(
            f"The hold-out's target score is {float(scores[case])!r} at case {case}: "
            "let the classifier return scores between 0 and 1, such as a softmax."
        )
    targets = int(np.count_nonzero(is_target))
    if targets in (0, is_target.size):
        raise CutoffError(
            f"The hold-out has {targets} target and {is_target.size - targets} other cases: "
            "give it both, since precision and recall need them."
        )
    return scores.astype(np.float64)


def _operating_points(scores: NDArray[np.float64], is_target: NDArray[np.bool_]) -> tuple[OperatingPoint, ...]:
    # Imported where it is used: processes that train do not wait for it.
    from sklearn.metrics import precision_recall_curve  # noqa: PLC0415

    precision, recall, thresholds = precision_recall_curve(is_target, scores)
    # sklearn ends the curve at recall 0 without a threshold; zip leaves that point out when told of its shorter side.
    rows = zip(thresholds[::-1], precision[-2::-1], recall[-2::-1], strict=True)
    return tuple(OperatingPoint(float(t), float(p), float(r)) for t, p, r in rows)


def _apply(scores: NDArray[np.float64], is_target: NDArray[np.bool_], tau: float) -> AppliedCutoff:
    reached = scores >= tau
    true_positives = int(np.count_nonzero(reached & is_target))
    positives = int(np.count_nonzero(reached))
    targets = int(np.count_nonzero(is_target))
    precision = true_positives / positives if positives else None
    return AppliedCutoff(tau, precision, true_positives / targets, true_positives, positives - true_positives, targets)


def _no_cutoff(scores: NDArray[np.float64], is_target: NDArray[np.bool_], table: tuple[OperatingPoint, ...]) -> str:
    rows = [f"{p.threshold:.6g} {p.precision:.4f} {p.recall:.4f}" for p in table[:_ROWS_SHOWN]]
    if len(table) > _ROWS_SHOWN:
        rows.append(f"and {len(table) - _ROWS_SHOWN:,} lower thresholds")
    worst = int(np.flatnonzero((scores == scores.max()) & ~is_target)[0])
    return (
        f"No cut-off has precision 1 on the hold-out, since case {worst}, not of the target class, has the highest "
        f"target score, {table[0].threshold!r}: check its label, or train a better build; "
        "threshold, precision and recall were\n" + "\n".join(rows)
    )
