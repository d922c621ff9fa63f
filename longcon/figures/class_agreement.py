"""How many calls of each class all builds share, with the exact interval of that share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure

from longcon.figures.style import BLUE, GREY, PAGE, page_style

_ROW = 0.28


@dataclass(frozen=True)
class ClassAgreement:
    """One class.

    Attributes:
        name: of the class.
        same: cases that every build calls so.
        calls: cases that all builds may report and the original calls so.
        low: lower end of the exact 95 % interval of the share.
        high: upper end.
    """

    name: str
    same: int
    calls: int
    low: float
    high: float


def draw_class_agreement(classes: Sequence[ClassAgreement]) -> Figure:
    """Returns the figure: a dot for each class's share, a bar for its interval; a class without a call has neither."""
    with page_style():
        figure = Figure(figsize=(PAGE * 0.85, 0.65 + _ROW * len(classes)))
        axes = figure.subplots()
        for row, entry in enumerate(classes):
            if entry.calls:
                axes.plot([entry.low, entry.high], [row, row], color=GREY, linewidth=2.5, solid_capstyle="butt")
                axes.plot(entry.same / entry.calls, row, "o", color=BLUE, markersize=5, clip_on=False, zorder=5)
            axes.annotate(
                f"{entry.same} of {entry.calls}" if entry.calls else "no call",
                (1.0, row),
                xytext=(8, 0),
                textcoords="offset points",
                va="center",
                annotation_clip=False,
            )
        axes.set_yticks(range(len(classes)), [entry.name for entry in classes])
        axes.set(xlim=(0, 1), ylim=(len(classes) - 0.5, -0.5), xlabel="Share of calls that all builds make alike")
        axes.tick_params(axis="y", length=0)
    return figure
