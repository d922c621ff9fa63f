"""How the difference of two builds grows from step to step, and the bursts in which it does.

Adamax carries a difference in three places: the parameters P, the first moment m and the infinity norm u. From linear
sketches S of each, kept at every step, follow the differences |S(a) - S(b)| and, since m' = b1 m + (1 - b1) g, that of
the gradients too. The *gain* of an update is the difference of the gradients over that of the parameters: to first
order |H d| / |d|, the curvature of the loss on that minibatch along the direction d in which the builds differ.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

# A burst is an update that multiplies the relative difference of the first moments by at least this.
BURST = 5.0


@dataclass(frozen=True)
class Growth:
    """Relative differences of two builds; an update t leads from step t to step t + 1.

    Attributes:
        parameters: |S(Pa) - S(Pb)| / |S(Pa)| at every step, steps + 1.
        moments: the same of the first moments; 0 at the initial state, where there are none.
        norms: the same of the infinity norms.
        gradients: |S(ga) - S(gb)| of every update, in units of the gradient; steps.
        gains: ``gradients`` over |S(Pa) - S(Pb)| before the update; NaN while the parameters agree.
    """

    parameters: Values
    moments: Values
    norms: Values
    gradients: Values
    gains: Values


def growth(
    a: tuple[Values, Values, Values], b: tuple[Values, Values, Values], same: NDArray[np.bool_], first_decay: float
) -> Growth:
    """Returns how two builds differ at every step.

    Args:
        a: sketches of parameters, first moments and infinity norms of one build, each (steps + 1) x size.
        b: the same of the other build, by the same sketch.
        same: at which steps the parameters are identical in every bit. Sketches of identical parameters that were
            held in other orders may differ by round-off.
        first_decay: Adamax's decay rate of the first moment.
    """
    apart = np.where(same, 0.0, _length(a[0] - b[0]))
    moments = a[1] - b[1]
    gradients = _length(moments[1:] - first_decay * moments[:-1]) / (1 - first_decay)
    return Growth(
        parameters=apart / _length(a[0]),
        moments=_ratio(_length(moments), _length(a[1]), 0.0),
        norms=_ratio(_length(a[2] - b[2]), _length(a[2]), 0.0),
        gradients=gradients,
        gains=_ratio(gradients, apart[:-1], np.nan),
    )


def bursts(moments: Values) -> NDArray[np.int64]:
    """Returns the updates that multiply the relative difference of the first moments at least fivefold.

    Args:
        moments: that difference at every step, steps + 1; an update from no difference at all is none.
    """
    before, after = moments[:-1], moments[1:]
    return np.flatnonzero((before > 0) & (after >= BURST * before))


def _length(rows: Values) -> Values:
    result: Values = np.sqrt(np.square(rows).sum(axis=1))
    return result


def _ratio(numerator: Values, denominator: Values, otherwise: float) -> Values:
    return np.divide(numerator, denominator, out=np.full_like(numerator, otherwise), where=denominator > 0)
