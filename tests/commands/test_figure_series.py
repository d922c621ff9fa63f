"""What the figures show of builds, from builds whose scores and parameters are known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from longcon.builds import Build
from longcon.commands.figure_series import precision_recall_of
from longcon.problems import ProblemData


class _Scored(Build):
    """A build that gives its hold-out cases the target scores of its manifest."""

    def scores(self, epoch: int, cohort: str) -> NDArray[np.floating]:
        assert (epoch, cohort) == (self.best_epoch, "holdout")
        target = np.array(self.manifest["target scores"])
        other = (1 - target) / 3
        return np.stack([other, other, target, other], axis=1)


def _build(scores: list[float]) -> Build:
    manifest: dict[str, Any] = {"best_epoch": 3, "request": {"recipe": {"k": 2}}, "target scores": scores}
    return _Scored(Path("build"), manifest)


def _scores(problem: ProblemData, targets: list[float], others: list[float]) -> list[float]:
    of = {True: iter(targets), False: iter([*others, *[0.01] * 12])}
    return [next(of[bool(label == problem.target_index)]) for label in problem.holdout_labels]


def test_tau_and_every_operating_point(problem: ProblemData) -> None:
    targets = int((problem.holdout_labels == problem.target_index).sum())
    assert targets == 3
    curve = precision_recall_of(_build(_scores(problem, [0.9, 0.6, 0.2], [0.5, 0.3])), problem)
    assert (curve.k, curve.epoch, curve.tau, curve.found, curve.targets) == (2, 3, 0.6, 2, 3)
    assert curve.thresholds.tolist() == [0.9, 0.6, 0.5, 0.3, 0.2, 0.01]
    assert curve.precision.tolist() == pytest.approx([1, 1, 2 / 3, 2 / 4, 3 / 5, 3 / 12])
    assert curve.recall.tolist() == pytest.approx([1 / 3, 2 / 3, 2 / 3, 2 / 3, 1, 1])


def test_without_a_cutoff_the_curve_is_whole(problem: ProblemData) -> None:
    curve = precision_recall_of(_build(_scores(problem, [0.9, 0.6, 0.0], [0.95, 0.3, 0.0])), problem)
    assert (curve.tau, curve.found) == (None, 0)
    assert curve.thresholds.tolist() == [0.95, 0.9, 0.6, 0.3, 0.01, 0.0]
    assert curve.precision.tolist() == pytest.approx([0, 1 / 2, 2 / 3, 2 / 4, 2 / 10, 3 / 12])
    assert curve.recall.tolist() == pytest.approx([0, 1 / 3, 2 / 3, 2 / 3, 2 / 3, 1])
