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
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from longcon.training import Trajectory

Values = NDArray[np.float64]

MOST = 0.01
# With fewer events an area under the curve says nothing.
LEAST_EVENTS = 5


@dataclass(frozen=True)
class Merits:
    """How well each account tells some updates from the others.

    Attributes:
        areas: area under the ROC curve, by account.
        events: updates that are to be told.
        updates: updates among which they are, the same for every account.
    """

    areas: dict[str, float]
    events: int
    updates: int


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
    """Returns the hundredth of the updates with the largest responsibilities, rounded up, all above 0."""
    order = np.argsort(-responsibilities, kind="stable")[: math.ceil(MOST * len(responsibilities))]
    return order[responsibilities[order] > 0]


def merits(predictions: Mapping[str, Values], updates: NDArray[np.int64], since: int, until: int) -> Merits | None:
    """Returns how well each account tells some updates from the others; None with fewer than five such updates.

    Args:
        predictions: by name, a value for every update; only updates that all of them know are looked at.
        updates: the events, such as those of `most_responsible`.
        since: the first update that is looked at.
        until: the update before which the builds are compared: after they part, growth means nothing.
    """
    known = ~np.isnan(np.array(list(predictions.values()))).any(axis=0)
    known[:since] = False
    known[until:] = False
    happened = np.isin(np.arange(len(known)), updates)[known]
    if happened.sum() < LEAST_EVENTS or happened.all():
        return None
    areas = {name: float(roc_auc_score(happened, values[known])) for name, values in predictions.items()}
    return Merits(areas, int(happened.sum()), len(happened))


def rank_from_below(values: Values, update: int) -> float | None:
    """Returns the share of recorded values that are below that of ``update``; None where that was not recorded."""
    if np.isnan(values[update]):
        return None
    known = values[~np.isnan(values)]
    return float((known < values[update]).mean())
