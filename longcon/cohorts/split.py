"""The stratified split of a cohort into training and hold-out cases (paper, Section III)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from longcon.draws import Draws
from longcon.errors import CohortError


@dataclass(frozen=True)
class Split:
    """Which cases train and which are held out.

    Attributes:
        training: indices of the training cases, ascending, int64.
        holdout: indices of the hold-out cases, ascending, int64.
    """

    training: NDArray[np.int64]
    holdout: NDArray[np.int64]


def stratified_split(classes: Sequence[str], seed: int, holdout_share: float = 0.25) -> Split:
    """Draws ``round(share * n)`` of the n cases of each class as hold-out, half rounded to even.

    A class's draw depends on the seed, on its name and on its own cases only, so that adding a class moves no case of
    another.

    Args:
        classes: the class of each case.
        seed: any non-negative integer; the same on every machine.
        holdout_share: share of each class that is held out, between 0 and 1.

    Raises:
        CohortError: there is no case, the share is not between 0 and 1, or a class would be missing from one
            of the two sides.
    """
    if not 0.0 < holdout_share < 1.0:
        raise CohortError(f"A hold-out share of {holdout_share:g} leaves one side empty; give one between 0 and 1.")
    if not len(classes):
        raise CohortError("There are no cases to split; give the class of each case.")
    labels = np.array(classes, dtype=np.str_)
    held = np.zeros(labels.size, dtype=np.bool_)
    for name in sorted(set(classes)):
        members = np.flatnonzero(labels == name)
        count = round(holdout_share * members.size)
        if not 0 < count < members.size:
            raise CohortError(
                f"Class '{name}' has {members.size} case(s), too few for a hold-out of {holdout_share:.0%}; "
                "leave the class out or change the share."
            )
        order = Draws(seed, f"hold-out/{name}").permutation(members.size)
        held[members[order[:count]]] = True
    return Split(training=np.flatnonzero(~held), holdout=np.flatnonzero(held))
