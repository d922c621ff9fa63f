"""Many pairs at once: what holds for one original against all its surrogates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr

from longcon.divergence.hard_cases import hardest, shares
from longcon.divergence.pair import Pair
from longcon.divergence.predictors import predictors
from longcon.divergence.risk import Rate, divergence_probability, share_below


@dataclass(frozen=True)
class Study:
    """What one original and its surrogates show together.

    Attributes:
        hardest: positions of the twentieth of the minibatches that carry most growth, averaged over the pairs.
        on_hardest: their share of the growth, averaged over the pairs.
        held_out: share of each pair's growth on the minibatches that are hardest in all other pairs, averaged over
            pairs: what the share is worth where it was not chosen. None with fewer than two pairs.
        bursts: bursts over all pairs.
        merits: median over pairs of the area under the ROC curve, by account.
        gains: median over pairs of Spearman's correlation between each account and the gain of the update.
        below_threshold: share of the original's recorded steps whose residual is under the threshold.
        least_residual: the least of them, and the update at which it was.
        parted: order surrogates that part by the last epoch; None without order surrogates.
        by_release: order surrogates that left round-off by the released epoch; None without order surrogates.
    """

    hardest: tuple[int, ...]
    on_hardest: float
    held_out: float | None
    bursts: int
    merits: dict[str, float]
    gains: dict[str, float]
    below_threshold: float | None
    least_residual: tuple[float, int] | None
    parted: Rate | None
    by_release: Rate | None


def study(pairs: Sequence[Pair], released_epoch: int, threshold: float, tolerance: float) -> Study:
    """Returns what one original and its surrogates show together.

    Args:
        pairs: of one original, all with detail; only effective surrogates, whose numeric class is another.
        released_epoch: of the original.
        threshold: of the residual; the protocol's.
        tolerance: the largest sine that is round-off; the protocol's.
    """
    carried = np.array([shares(pair.burdens) for pair in pairs])
    chosen = hardest(carried.mean(axis=0))
    residuals = pairs[0].original.trajectory().residuals
    least = None if np.isnan(residuals).all() else int(np.nanargmin(residuals))
    return Study(
        hardest=chosen,
        on_hardest=float(carried[:, list(chosen)].sum(axis=1).mean()),
        held_out=_held_out(carried),
        bursts=sum(len(pair.bursts) for pair in pairs),
        merits=_medians([pair.merits for pair in pairs]),
        gains=_medians([_gain_correlations(pair) for pair in pairs]),
        below_threshold=share_below(residuals, threshold),
        least_residual=None if least is None else (float(residuals[least]), least),
        parted=_rate([pair.onset.parted is not None for pair in _orders(pairs)]),
        by_release=_rate([_left(pair, released_epoch, tolerance) for pair in _orders(pairs)]),
    )


def _orders(pairs: Sequence[Pair]) -> list[Pair]:
    return [pair for pair in pairs if "+order:" in pair.rebuild.device]


def _left(pair: Pair, epoch: int, tolerance: float) -> bool:
    return bool((pair.sines[: epoch * pair.onset.steps_per_epoch + 1] > tolerance).any())


def _rate(events: Sequence[bool]) -> Rate | None:
    return divergence_probability(events) if events else None


def _held_out(carried: NDArray[np.float64]) -> float | None:
    if len(carried) < 2:
        return None
    found = [
        own[list(hardest(np.delete(carried, number, axis=0).mean(axis=0)))].sum() for number, own in enumerate(carried)
    ]
    return float(np.mean(found))


def _gain_correlations(pair: Pair) -> dict[str, float]:
    """Returns how well each account ranks the gains of all updates before the builds part."""
    if pair.growth is None:
        return {}
    gains = pair.growth.gains[: pair.until]
    found = {}
    for name, values in predictors(pair.original.trajectory()).items():
        known = ~(np.isnan(gains) | np.isnan(values[: pair.until]))
        if known.sum() > 2:
            found[name] = float(spearmanr(values[: pair.until][known], gains[known]).statistic)
    return found


def _medians(found: Sequence[dict[str, float]]) -> dict[str, float]:
    names = {name: None for one in found for name in one}
    return {name: float(np.median([one[name] for one in found if name in one])) for name in names}
