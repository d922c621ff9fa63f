"""When two builds part: the stretch in which their difference leaves round-off and becomes another network.

The rule, on the curve of the vector sine by training step (paper, Section IV-G, Figure 2):

* Two builds are *together* while the sine is at most the tolerance, that is while the difference is round-off.
* They have *parted* from the first step at which the sine reaches 1e-2 (or exceeds the tolerance, where that is
  larger) and never falls below the tolerance again: one parameter vector then points visibly elsewhere for good.
* The *onset* is the last step before that at which they were together.
* The divergence is *rapid* if between onset and parting the sine grew at least tenfold an epoch on average, which slow
  accumulation of round-off does not do.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from longcon.errors import BuildError

PARTED = 1e-2


@dataclass(frozen=True)
class Onset:
    """When two builds part. A step t is the state after t updates; 0 is the initial state.

    Attributes:
        left: last step together before the sine leaves the tolerance for good; None if it ends within it.
        step: the onset; None if the builds do not part.
        parted: first step apart; None if the builds do not part.
        rapid: whether the sine grew at least tenfold an epoch between onset and parting.
        steps_per_epoch: minibatches in an epoch.
    """

    left: int | None
    step: int | None
    parted: int | None
    rapid: bool
    steps_per_epoch: int

    @property
    def epochs_taken(self) -> float | None:
        """Epochs from onset to parting; None if the builds do not part."""
        if self.step is None or self.parted is None:
            return None
        return (self.parted - self.step) / self.steps_per_epoch

    def epoch_of(self, step: int) -> float:
        """Returns how many epochs of training a step stands for."""
        return step / self.steps_per_epoch


def epochs_together(sines: NDArray[np.float64], steps_per_epoch: int, tolerance: float) -> float:
    """Returns for how many epochs two builds stay together without a break: up to the last step before the first apart.

    Args:
        sines: vector sine at every step, the initial state first.
        steps_per_epoch: minibatches in an epoch.
        tolerance: the largest sine that is round-off; the protocol's sine tolerance.
    """
    above = np.flatnonzero(sines > tolerance)
    last = max(0, int(above[0]) - 1) if len(above) else len(sines) - 1
    return last / steps_per_epoch


def find_onset(sines: NDArray[np.float64], steps_per_epoch: int, tolerance: float) -> Onset:
    """Returns when two builds part, by the rule at the head of this file.

    Args:
        sines: vector sine at every step, the initial state first; steps + 1 values in [0, 1].
        steps_per_epoch: minibatches in an epoch.
        tolerance: the largest sine that is round-off; the protocol's sine tolerance.

    Raises:
        BuildError: the curve is empty or holds values that are no sines.
    """
    if len(sines) == 0 or not ((sines >= 0) & (sines <= 1)).all():
        raise BuildError("The onset needs a sine between 0 and 1 for every step: give the sketched sine of two builds.")
    if sines[-1] <= tolerance:
        return Onset(None, None, None, False, steps_per_epoch)
    together = np.flatnonzero(sines <= tolerance)
    # Builds that never were together part from the initial state on.
    last_together, later = (int(together[-1]), int(together[-1]) + 1) if len(together) else (0, 0)
    apart = np.flatnonzero(sines[later:] >= max(PARTED, tolerance))
    if not len(apart):
        return Onset(last_together, None, None, False, steps_per_epoch)
    parted = later + int(apart[0])
    # Builds whose bits still agree at the onset have no ratio; the smallest sine that float64 tells apart stands for 0.
    grown = math.log10(sines[parted] / max(float(sines[last_together]), np.finfo(np.float64).eps))
    rapid = parted > last_together and grown >= (parted - last_together) / steps_per_epoch
    return Onset(last_together, last_together, parted, bool(rapid), steps_per_epoch)
