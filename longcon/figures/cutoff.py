"""Precision against recall of the target class on the hold-out, with the cut-off tau."""

from __future__ import annotations

from matplotlib.figure import Figure

from longcon.figures.precision_recall import PrecisionRecall
from longcon.figures.style import BLACK, BLUE, page_style

_SIZE = (3.6, 2.9)


def draw_cutoff(curve: PrecisionRecall) -> Figure:
    """Returns the curve of one k, the highest precision at each recall, and tau as a dot where there is one."""
    with page_style():
        figure = Figure(figsize=_SIZE)
        axes = figure.subplots()
        recall, precision = curve.best()
        axes.plot([0.0, *recall], [precision[0], *precision], drawstyle="steps-pre", color=BLUE, linewidth=1.3)
        if curve.tau is not None:
            found = curve.found / curve.targets
            axes.plot(found, 1.0, "o", color=BLACK, markersize=5, clip_on=False, zorder=5)
            axes.annotate(
                f"tau {curve.tau:.4f}\n{curve.found} of {curve.targets} cases",
                (found, 1.0),
                xytext=(-6 if found > 0.5 else 6, -6),
                textcoords="offset points",
                ha="right" if found > 0.5 else "left",
                va="top",
            )
        axes.set(xlim=(0, 1), ylim=(0, 1.02), xlabel="Recall", ylabel="Precision")
    return figure
