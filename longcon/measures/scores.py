"""What scores must be before anything is called on them: the paper's Definition 1, and a tau that can be met."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from longcon.errors import BuildError, ProtocolError

# Room for a float32 softmax over a hundred classes, and for scores read back from six printed digits.
SUM_SLACK = 1e-6


def require_scores(scores: NDArray[Any], name: str) -> NDArray[np.float64]:
    """Returns scores as float64 once each row lies in [0, 1] and sums to 1 (paper, Definition 1).

    Args:
        scores: cases x classes, floating.
        name: what the error calls them, e.g. ``"The scores of build 2"``.

    Raises:
        BuildError: they are not a table, have no case or class, or a row is no row of scores.
    """
    if scores.ndim != 2 or scores.size == 0:
        raise BuildError(f"{name} have shape {scores.shape}: give one row per case and one column per class.")
    if scores.dtype.kind != "f":
        raise BuildError(f"{name} are of dtype {scores.dtype}: give floating scores, not calls or labels.")
    # Beside a float32 score, numpy would round tau to float32 and let a score just below it pass.
    table = scores.astype(np.float64)
    # Written so that NaN, of which every comparison is false, is outside too.
    outside = ~((table >= 0.0) & (table <= 1.0))
    if outside.any():
        case, column = (int(i) for i in np.argwhere(outside)[0])
        raise BuildError(
            f"{name} hold {float(table[case, column])!r} at case {case}, class {column}: "
            "let the classifier return scores between 0 and 1, such as a softmax."
        )
    sums = table.sum(axis=1)
    astray = np.abs(sums - 1.0) > SUM_SLACK
    if astray.any():
        case = int(np.argmax(astray))
        raise BuildError(
            f"{name} sum to {float(sums[case])!r} at case {case}: "
            "let the classifier return scores that sum to 1, such as a softmax."
        )
    return table


def require_tau(tau: float) -> None:
    """Raises ProtocolError unless 0 < tau <= 1: at 0 every call would be conclusive, above 1 none."""
    if not 0.0 < tau <= 1.0:
        raise ProtocolError(f"The cut-off tau is {tau!r}: set one above 0 and at most 1.")
