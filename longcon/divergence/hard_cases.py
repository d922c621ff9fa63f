"""Which minibatches carry the bursts: whether a few hard cases, by name, make two builds part.

Every epoch visits the same minibatches in the same order, so update t is on minibatch t mod (minibatches an epoch), and
what recurs there is a property of its cases.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from longcon.divergence.growth import leaked, total_growth

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Burden:
    """What one minibatch did to the difference of two builds.

    Attributes:
        position: of the minibatch in the epoch, 0 for the first.
        bursts: bursts on it.
        growth: ln of the growth of the parameters' difference over the ten updates from each of them.
        share: ``growth`` over the ln of the whole growth between the builds.
    """

    position: int
    bursts: int
    growth: float
    share: float


def burdens(parameters: Values, updates: NDArray[np.int64], steps_per_epoch: int) -> tuple[Burden, ...]:
    """Returns the minibatches with bursts, those with most growth first.

    Args:
        parameters: difference of the parameters at every step, up to where the builds part; see `Growth`.
        updates: those with a burst, before the builds part.
        steps_per_epoch: minibatches in an epoch.
    """
    if not len(updates):
        return ()
    grown, positions = leaked(parameters, updates), updates % steps_per_epoch
    whole = total_growth(parameters)
    result = []
    for position in np.unique(positions).tolist():
        here = positions == position
        growth = float(grown[here].sum())
        result.append(Burden(position, int(here.sum()), growth, growth / whole if whole > 0 else 0.0))
    return tuple(sorted(result, key=lambda burden: (-burden.growth, burden.position)))


def concentration(counts: NDArray[np.int64], chosen: Sequence[int]) -> float | None:
    """Returns the share of all bursts that fall on chosen minibatches; None if there is no burst.

    Choose them on one pair of builds and count on another: on the pair that chose them the share says little.

    Args:
        counts: bursts on each minibatch of the epoch.
        chosen: positions.
    """
    total = int(counts.sum())
    return float(counts[list(chosen)].sum() / total) if total else None


def burst_counts(updates: NDArray[np.int64], steps_per_epoch: int) -> NDArray[np.int64]:
    """Returns the number of bursts on each minibatch of the epoch, from the updates with a burst."""
    return np.bincount(updates % steps_per_epoch, minlength=steps_per_epoch)


def hardest(counts: NDArray[np.int64], number: int) -> tuple[int, ...]:
    """Returns the positions with most bursts, at least one each, the earlier of equals first."""
    order = np.argsort(-counts, kind="stable")[:number]
    return tuple(int(position) for position in order if counts[position] > 0)
