"""Figure 1: precision against recall on the hold-out, for each k."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from longcon.figures.style import BLACK, BLUE, COLUMN, LIGHT_GREY, style

_HEIGHT = 3.25
_TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)
_FORMAT = "{x:g}"


@dataclass(frozen=True)
class PrecisionRecall:
    """The operating points of one build on the hold-out.

    Attributes:
        k: cases in a minibatch.
        epoch: that was released.
        thresholds: (points,), highest first.
        precision: (points,) of the target class.
        recall: (points,) of the target class, growing.
        tau: the lowest threshold of perfect precision; None when no threshold has it.
        targets: target cases in the hold-out.
    """

    k: int
    epoch: int
    thresholds: NDArray[np.float64]
    precision: NDArray[np.float64]
    recall: NDArray[np.float64]
    tau: float | None
    targets: int

    @property
    def found(self) -> int:
        """Target cases that score at least tau; 0 without tau."""
        if self.tau is None:
            return 0
        return round(float(self.recall[self.thresholds == self.tau][0]) * self.targets)

    def best(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Returns each recall above 0 with the highest precision that it can be had at."""
        recalls = np.unique(self.recall[self.recall > 0])
        return recalls, np.array([self.precision[self.recall == recall].max() for recall in recalls])


def draw_precision_recall(curves: Sequence[PrecisionRecall]) -> Figure:
    """Returns Figure 1: one panel for each k, the curves of the others behind it in grey, tau as a dot.

    Good classifiers' curves run on one another for most of their length; drawn in one panel they would hide each other,
    whatever their inks.

    Args:
        curves: by ascending k.
    """
    with style():
        figure = Figure(figsize=(COLUMN, _HEIGHT))
        panels = figure.subplots(-(-len(curves) // 2), 2, sharex=True, sharey=True, squeeze=False).ravel()
        for empty in panels[len(curves) :]:
            empty.set_visible(False)
        for panel, curve in zip(panels, curves, strict=False):
            for other in curves:
                if other is not curve:
                    _draw(panel, other, color=LIGHT_GREY, linewidth=1.8)
            _draw(panel, curve, color=BLUE, linewidth=1.2)
            if curve.tau is not None:
                panel.plot(curve.found / curve.targets, 1.0, "o", color=BLACK, markersize=4, clip_on=False, zorder=5)
            panel.set_title(_title(curve), loc="left", linespacing=1.25)
            panel.set(xlim=(0, 1), ylim=(0, 1.02), xticks=_TICKS, yticks=_TICKS)
            panel.xaxis.set_major_formatter(_FORMAT)
            panel.yaxis.set_major_formatter(_FORMAT)
        figure.supxlabel("Recall", fontsize=8)
        figure.supylabel("Precision", fontsize=8)
    return figure


def _draw(axes: Axes, curve: PrecisionRecall, **line: Any) -> None:
    recall, precision = curve.best()
    axes.plot([0.0, *recall], [precision[0], *precision], drawstyle="steps-pre", **line)


def _title(curve: PrecisionRecall) -> str:
    tau = "no $\\tau$ has precision 1"
    if curve.tau is not None:
        tau = f"$\\tau$ = {curve.tau:.3f}, recall {curve.found}/{curve.targets}"
    return f"$k$ = {curve.k}, epoch {curve.epoch}\n{tau}"
