"""Two accounts of why builds part, held against the growth: saddle neighbourhoods, and hard cases.

The paper (Section III-B, IV-G) expects updates where the gradient all but vanishes in the leading directions of the
Hessian, so a *small* residual. The other account expects hard cases: a *large* gradient, a large curvature, a small
variance before a LayerNorm, which divides by it. Each makes a prediction at every update; its merit is the area under
the ROC curve, the probability that one of the updates most responsible for the growth ranks above another one: 0.5 is
chance, and below it the opposite of the prediction is true.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from longcon.training import Trajectory

Values = NDArray[np.float64]

MOST = 0.01


def predictors(trajectory: Trajectory) -> dict[str, Values]:
    """Returns every account's prediction at every update of a build, the larger the more growth is expected.

    Args:
        trajectory: of the original build, with detail; what was not recorded is left out.
    """
    found = {
        "small residual": -trajectory.residuals,
        "small gradient": -trajectory.gradient_norms,
        "negative curvature": -trajectory.smallest,
        "large gradient": trajectory.gradient_norms,
        "large loss": trajectory.losses,
        "large curvature": trajectory.largest,
    }
    if trajectory.detail is not None:
        for name, variances in trajectory.detail.variances.items():
            found[f"small variance before layer {name}"] = -variances
    return {name: values for name, values in found.items() if not np.isnan(values).all()}


def most_responsible(responsibilities: Values) -> NDArray[np.int64]:
    """Returns the hundredth of the updates with the largest responsibilities, rounded up."""
    return np.argsort(-responsibilities, kind="stable")[: math.ceil(MOST * len(responsibilities))]


def merits(predictions: Mapping[str, Values], updates: NDArray[np.int64], until: int) -> dict[str, float]:
    """Returns the area under the ROC curve of each prediction; empty where there is no event, or nothing else.

    Args:
        predictions: by name, a value for every update; updates with NaN are left out.
        updates: the events, such as those of `most_responsible`.
        until: the update before which the builds are compared: after they part, growth means nothing.
    """
    found = {}
    for name, values in predictions.items():
        events = np.zeros(len(values), dtype=bool)
        events[updates] = True
        known = ~np.isnan(values[:until])
        happened, predicted = events[:until][known], values[:until][known]
        if happened.any() and not happened.all():
            found[name] = float(roc_auc_score(happened, predicted))
    return found


def rank_from_below(values: Values, update: int) -> float | None:
    """Returns the share of updates whose value is below that of ``update``; None where that was not recorded."""
    if np.isnan(values[update]):
        return None
    known = values[~np.isnan(values)]
    return float((known < values[update]).mean())
