"""What the figures show of builds: operating points on the hold-out, sines and residuals over the updates."""

from __future__ import annotations

import numpy as np

from longcon.builds import Build
from longcon.errors import CutoffError
from longcon.figures import Divergence, PrecisionRecall
from longcon.measures import find_cutoff, operating_point, vector_sine
from longcon.problems import ProblemData


def precision_recall_of(original: Build, data: ProblemData, epoch: int | None = None) -> PrecisionRecall:
    """Returns the operating points of an original build, the target against the sum of the others.

    Args:
        original: the build.
        data: its hold-out.
        epoch: which state of it; its best one when None.
    """
    epoch = original.best_epoch if epoch is None else epoch
    scores = original.scores(epoch, "holdout")[:, data.target_index].astype(np.float64)
    is_target = data.holdout_labels == data.target_index
    tau = None
    try:
        cutoff = find_cutoff(scores, is_target)
        tau, points = cutoff.tau, [(point.threshold, point.precision, point.recall) for point in cutoff.table]
    except CutoffError:
        applied = [operating_point(scores, is_target, score) for score in np.unique(scores[scores > 0])[::-1].tolist()]
        points = [(point.tau, point.precision or 0.0, point.recall) for point in applied]
        if not scores.all():  # at a threshold of 0, which is no cut-off, every case counts as the target
            points.append((0.0, float(is_target.mean()), 1.0))
    thresholds, precision, recall = np.array(points).T
    return PrecisionRecall(
        k=int(original.request["recipe"]["k"]),
        epoch=epoch,
        thresholds=thresholds,
        precision=precision,
        recall=recall,
        tau=tau,
        targets=int(is_target.sum()),
    )


def divergence_of(original: Build, rebuild: Build, data: ProblemData) -> Divergence:
    """Returns how an original build and a rebuild part, and the residual of the original."""
    recipe, trajectory = original.request["recipe"], original.trajectory()
    kept = sorted({*original.epochs} & {*rebuild.epochs})
    return Divergence(
        k=int(recipe["k"]),
        dtype=str(recipe["dtype"]),
        steps=-(-len(data.training) // int(recipe["k"])),
        sines=trajectory.sine(rebuild.trajectory()),
        exact={epoch: vector_sine(original.vector(epoch), rebuild.vector(epoch)) for epoch in kept},
        residuals=trajectory.residuals,
        released=original.best_epoch,
    )
