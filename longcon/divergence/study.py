"""Many pairs at once: what holds for one original against all its surrogates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import spearmanr

from longcon.divergence.hard_cases import hardest, shares, shares_by_half
from longcon.divergence.pair import Pair
from longcon.divergence.predictors import LEAST_EVENTS, predictors
from longcon.divergence.risk import Rate, divergence_probability, share_below


@dataclass(frozen=True)
class Study:
    """What one original and its surrogates show together.

    The pairs share the original, and so most of what happens to them: they are no independent sample of cohorts.

    Attributes:
        explained: pairs that part; what follows up to ``gains`` is of them, and empty or None where there is none.
        hardest: positions of the twentieth of the minibatches that carry most growth, averaged over these pairs.
        on_hardest: their share of the growth, averaged over these pairs.
        held_out: share of the growth of odd epochs on the minibatches that are hardest in even ones, and the reverse,
            averaged: what the share is worth where it was not chosen.
        uniform: that share if every minibatch carried as much.
        areas: median over these pairs of the area under the ROC curve, by account.
        events: fewest updates to be told in any of them, and of how many.
        gains: median over these pairs of Spearman's correlation between each account and the gain of the update.
        bursts: bursts over all pairs.
        below_threshold: share of the original's recorded steps whose residual is under the threshold.
        least_residual: the least of them, and the update at which it was.
        parted: order surrogates that part by the last epoch; None without order surrogates.
        by_release: order surrogates that left round-off by the released epoch; None without order surrogates.
    """

    explained: int
    hardest: tuple[int, ...]
    on_hardest: float | None
    held_out: float | None
    uniform: float | None
    areas: dict[str, float]
    events: tuple[int, int] | None
    gains: dict[str, float]
    bursts: int
    below_threshold: float | None
    least_residual: tuple[float, int] | None
    parted: Rate | None
    by_release: Rate | None


def study(pairs: Sequence[Pair], released_epoch: int, threshold: float, tolerance: float) -> Study:
    """Returns what one original and its surrogates show together.

    Args:
        pairs: of one original, all with detail, on surrogates that change a bit.
        released_epoch: of the original.
        threshold: of the residual; the protocol's.
        tolerance: the largest sine that is round-off; the protocol's.
    """
    explained = [pair for pair in pairs if pair.burdens]
    carried = np.array([shares(pair.burdens) for pair in explained])
    chosen = hardest(carried.mean(axis=0)) if explained else ()
    residuals = pairs[0].original.trajectory().residuals
    least = None if np.isnan(residuals).all() else int(np.nanargmin(residuals))
    told = [pair.merits for pair in explained if pair.merits is not None]
    return Study(
        explained=len(explained),
        hardest=chosen,
        on_hardest=float(carried[:, list(chosen)].sum(axis=1).mean()) if explained else None,
        held_out=float(np.mean([_held_out(pair) for pair in explained])) if explained else None,
        uniform=len(chosen) / carried.shape[1] if explained else None,
        areas=_medians([merits.areas for merits in told]),
        events=min(((merits.events, merits.updates) for merits in told), default=None),
        gains=_medians([_gain_correlations(pair) for pair in explained]),
        bursts=sum(len(pair.bursts) for pair in pairs),
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


def _held_out(pair: Pair) -> float:
    odd, even = shares_by_half(pair.responsible, pair.onset.steps_per_epoch)
    return float(odd[list(hardest(even))].sum() + even[list(hardest(odd))].sum()) / 2


def _gain_correlations(pair: Pair) -> dict[str, float]:
    """Returns how well each account ranks the gains of the updates whose growth counts."""
    if pair.growth is None:
        return {}
    gains = pair.growth.gains[pair.since : pair.until]
    found: dict[str, float] = {}
    for name, values in predictors(pair.original.trajectory()).items():
        known = ~(np.isnan(gains) | np.isnan(values[pair.since : pair.until]))
        if known.sum() >= LEAST_EVENTS:
            rank = float(spearmanr(values[pair.since : pair.until][known], gains[known]).statistic)
            found |= {} if np.isnan(rank) else {name: rank}
    return found


def _medians(found: Sequence[dict[str, float]]) -> dict[str, float]:
    names = {name: None for one in found for name in one}
    return {name: float(np.median([one[name] for one in found if name in one])) for name in names}
