"""Many pairs at once: what holds for one original against all its surrogates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr

from longcon.divergence.growth import total_growth
from longcon.divergence.hard_cases import burst_counts, concentration, hardest
from longcon.divergence.pair import Pair
from longcon.divergence.predictors import predictors
from longcon.divergence.risk import Rate, divergence_probability, share_below

HARDEST = 5


@dataclass(frozen=True)
class Study:
    """What one original and its surrogates show together.

    Attributes:
        hardest: positions of the minibatches with most bursts over all pairs, at most five.
        bursts: bursts over all pairs.
        on_hardest: share of them on ``hardest``; None without a burst.
        held_out: share of each pair's bursts on the five minibatches that are hardest in all other pairs, averaged
            over pairs: what the share is worth where it was not chosen. None with fewer than two pairs with bursts.
        growth_in_bursts: median over pairs of the share of the whole growth that the bursts' windows carry.
        merits: median over pairs of the area under the ROC curve, by account.
        gains: median over pairs of Spearman's correlation between each account and the gain of the update.
        below_threshold: share of the original's recorded steps whose residual is under the threshold.
        parted: order surrogates that part by the last epoch; None without order surrogates.
        by_release: order surrogates that left round-off by the released epoch; None without order surrogates.
    """

    hardest: tuple[int, ...]
    bursts: int
    on_hardest: float | None
    held_out: float | None
    growth_in_bursts: float | None
    merits: dict[str, float]
    gains: dict[str, float]
    below_threshold: float | None
    parted: Rate | None
    by_release: Rate | None


def study(pairs: Sequence[Pair], released_epoch: int, threshold: float, tolerance: float) -> Study:
    """Returns what one original and its surrogates show together.

    Args:
        pairs: of one original; only effective surrogates, whose numeric class is another.
        released_epoch: of the original.
        threshold: of the residual; the protocol's.
        tolerance: the largest sine that is round-off; the protocol's.
    """
    per_epoch = pairs[0].onset.steps_per_epoch
    counts = [burst_counts(pair.bursts, per_epoch) for pair in pairs]
    whole = np.sum(counts, axis=0)
    chosen = hardest(whole, HARDEST)
    orders = [pair for pair in pairs if "order:" in pair.rebuild.device]
    released = released_epoch * per_epoch
    original = pairs[0].original.trajectory()
    return Study(
        hardest=chosen,
        bursts=int(whole.sum()),
        on_hardest=concentration(whole, chosen),
        held_out=_held_out(counts),
        growth_in_bursts=_median([share for pair in pairs if (share := _growth_in_bursts(pair)) is not None]),
        merits=_medians([pair.merits for pair in pairs]),
        gains=_medians([_gain_correlations(pair) for pair in pairs]),
        below_threshold=share_below(original.residuals, threshold),
        parted=divergence_probability([pair.onset.parted is not None for pair in orders]) if orders else None,
        by_release=(
            divergence_probability([bool((pair.sines[: released + 1] > tolerance).any()) for pair in orders])
            if orders
            else None
        ),
    )


def _held_out(counts: Sequence[NDArray[np.int64]]) -> float | None:
    shares = []
    for number, own in enumerate(counts):
        others = np.sum([other for index, other in enumerate(counts) if index != number], axis=0)
        if own.any() and np.any(others):
            on_theirs = concentration(own, hardest(others, HARDEST))
            shares += [] if on_theirs is None else [on_theirs]
    return float(np.mean(shares)) if shares else None


def _growth_in_bursts(pair: Pair) -> float | None:
    if pair.growth is None:
        return None
    whole = total_growth(pair.growth.parameters[: pair.until + 1])
    return sum(burden.growth for burden in pair.burdens) / whole if whole > 0 else None


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


def _median(values: Sequence[float]) -> float | None:
    return float(np.median(values)) if len(values) else None


def _medians(found: Sequence[dict[str, float]]) -> dict[str, float]:
    names = {name: None for one in found for name in one}
    return {name: float(np.median([one[name] for one in found if name in one])) for name in names}
