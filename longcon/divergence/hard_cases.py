"""Which minibatches carry the growth: whether a few hard cases, by name, make two builds part.

The growth of the parameters' difference in an update, ln |d(t + 1)| / |d(t)|, is the doing of the first moment, and
that is a decaying sum of gradients: m = (1 - b1) (g(t) + b1 g(t - 1) + ...). So each update's growth is shared among
the updates up to it, in proportion to what the difference of their gradients still has in the moment; an update's
*responsibility* is the sum of its shares. Responsibilities add up to the whole growth.

Growth counts from where the difference is 64 times the machine epsilon, and not before the end of the first epoch:
below, round-off is born on every minibatch, and what is born is not yet amplified.

Every epoch visits the same minibatches in the same order, so update t is on minibatch t mod (minibatches an epoch), and
what recurs there is a property of its cases.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from longcon.divergence.growth import Growth

Values = NDArray[np.float64]

# The hardest minibatches of an epoch are this share of them, rounded up.
HARDEST = 0.05
# Growth counts from a difference of this many machine epsilons.
FLOOR = 64


@dataclass(frozen=True)
class Burden:
    """What one minibatch did to the difference of two builds before they parted.

    Attributes:
        position: of the minibatch in the epoch, 0 for the first.
        growth: sum of the responsibilities of its updates, in units of ln |difference of the parameters|.
        share: ``growth`` over the whole growth.
        bursts: bursts on it.
    """

    position: int
    growth: float
    share: float
    bursts: int


def responsibilities(growth: Growth, first_decay: float, since: int, until: int) -> Values:
    """Returns each update's responsibility for the growth of the parameters' difference from one step to another.

    Args:
        growth: of two builds.
        first_decay: Adamax's decay rate of the first moment.
        since: the step from which growth counts, such as the end of the first epoch.
        until: the step at which the builds are no longer followed, such as that at which they part.

    Returns:
        One value for each update before ``until``. Their sum is ln of the growth since ``since``, or since the first
        difference after it; an update before ``since`` may be responsible too, by what it left in the moment.
    """
    apart, gradients = growth.parameters[: until + 1], growth.gradients[:until]
    grown = np.zeros(until)
    differ = (apart[:-1] > 0) & (apart[1:] > 0) & (np.arange(until) >= since)
    grown[differ] = np.log(apart[1:][differ] / apart[:-1][differ])
    moment, held = 0.0, np.zeros(until)
    for update in range(until):
        moment = first_decay * moment + gradients[update]
        held[update] = moment
    found, owed = np.zeros(until), 0.0
    for update in reversed(range(until)):
        owed = first_decay * owed + (grown[update] / held[update] if held[update] > 0 else 0.0)
        found[update] = gradients[update] * owed
    return found


def burdens(responsible: Values, updates: NDArray[np.int64], steps_per_epoch: int) -> tuple[Burden, ...]:
    """Returns every minibatch's burden, the largest growth first.

    Args:
        responsible: responsibility of each update; see `responsibilities`.
        updates: those with a burst.
        steps_per_epoch: minibatches in an epoch.
    """
    whole = float(responsible.sum())
    positions = np.arange(len(responsible)) % steps_per_epoch
    by_position = np.bincount(positions, weights=responsible, minlength=steps_per_epoch)
    counts = np.bincount(updates % steps_per_epoch, minlength=steps_per_epoch)
    return tuple(
        Burden(position, float(by_position[position]), _share(by_position[position], whole), int(counts[position]))
        for position in np.argsort(-by_position, kind="stable").tolist()
    )


def shares_by_half(responsible: Values, steps_per_epoch: int) -> tuple[Values, Values]:
    """Returns each position's share of the growth in odd epochs, and in even ones, apart.

    What recurs on the same cases in epochs that were not looked at is a property of the cases.
    """
    updates = np.arange(len(responsible))
    halves: list[Values] = []
    for parity in (0, 1):
        chosen = updates // steps_per_epoch % 2 == parity
        grown = np.bincount(
            updates[chosen] % steps_per_epoch, weights=responsible[chosen], minlength=steps_per_epoch
        ).astype(np.float64)
        halves.append(grown / grown.sum() if grown.sum() > 0 else grown)
    return halves[0], halves[1]


def counts_from(apart: Values, epsilon: float, steps_per_epoch: int) -> int:
    """Returns the step from which growth counts; the last where the difference never is more than round-off.

    Args:
        apart: relative difference of the parameters at every step.
        epsilon: machine epsilon of the training.
        steps_per_epoch: minibatches in an epoch.
    """
    above = np.flatnonzero(apart[steps_per_epoch:] >= FLOOR * epsilon)
    # The update that carries the difference over the floor counts.
    return steps_per_epoch + max(0, int(above[0]) - 1) if len(above) else len(apart) - 1


def hardest(shares: Values) -> tuple[int, ...]:
    """Returns the positions of the twentieth of the minibatches with the largest shares, rounded up."""
    order = np.argsort(-shares, kind="stable")[: math.ceil(HARDEST * len(shares))]
    return tuple(int(position) for position in order)


def shares(found: tuple[Burden, ...]) -> Values:
    """Returns the shares of the whole growth by position."""
    result = np.zeros(len(found))
    for burden in found:
        result[burden.position] = burden.share
    return result


def _share(growth: float, whole: float) -> float:
    return float(growth / whole) if whole > 0 else 0.0
