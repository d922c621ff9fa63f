"""The score of each prospective case in a rebuild against its score in the original."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from longcon.figures.style import BLACK, BLUE, GREY, PAGE, VERMILION, page_style

_COLUMNS = 3
# In inches: beside and below the panels, a row of letters, and a panel that is large enough.
_LABELS, _ROW, _LARGEST = 0.7, 0.2, 3.0
CONCORDANT, DISCORDANT, CROSSED, INCONCLUSIVE = "same call", "discordant", "conclusive in one only", "inconclusive"
# A fate is told by the shape of its mark as well as by its ink.
_MARKS = {
    INCONCLUSIVE: (".", GREY, 2.0),
    CONCORDANT: ("o", BLUE, 2.6),
    CROSSED: ("^", BLACK, 4.5),
    DISCORDANT: ("X", VERMILION, 6.0),
}


@dataclass(frozen=True)
class ScorePair:
    """A rebuild beside the original.

    Attributes:
        device: of the rebuild.
        original: (cases,), the score of the original's call.
        rebuild: (cases,), the score of the rebuild's call.
        same: (cases,), whether both calls are one class.
        tau: of the original build.
    """

    device: str
    original: NDArray[np.float64]
    rebuild: NDArray[np.float64]
    same: NDArray[np.bool_]
    tau: float

    def fates(self) -> NDArray[np.str_]:
        """Returns what became of each case, in words."""
        above = [scores >= self.tau for scores in (self.original, self.rebuild)]
        both, either = above[0] & above[1], above[0] | above[1]
        return np.select(
            [both & self.same, both, either], [CONCORDANT, DISCORDANT, CROSSED], default=INCONCLUSIVE
        ).astype(np.str_)


def draw_score_pairs(pairs: Sequence[ScorePair]) -> Figure:
    """Returns the figure: a panel for each rebuild, tau as a line on both axes."""
    with page_style():
        columns = min(_COLUMNS, len(pairs))
        rows = -(-len(pairs) // columns)
        width, entries = (PAGE, 4) if columns == _COLUMNS else (PAGE * 0.7, 2)
        panel = min(_LARGEST, (width - _LABELS) / columns) + _ROW  # square, under its title
        figure = Figure(figsize=(width, panel * rows + _LABELS + _ROW * 4 / entries), layout="constrained")
        panels = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).ravel()
        for empty in panels[len(pairs) :]:
            empty.set_visible(False)
        for panel, pair in zip(panels, pairs, strict=False):
            _draw(panel, pair)
        figure.supxlabel("Score in the original", fontsize=8)
        figure.supylabel("Score in the rebuild", fontsize=8)
        handles = [
            Line2D([], [], marker=mark, color=ink, markersize=size, linestyle="none", label=fate)
            for fate, (mark, ink, size) in reversed(_MARKS.items())
        ]
        figure.legend(handles=handles, loc="outside upper left", ncols=entries, frameon=False, borderpad=0)
    return figure


def _draw(axes: Axes, pair: ScorePair) -> None:
    fates = pair.fates()
    for fate, (mark, ink, size) in _MARKS.items():
        there = fates == fate
        axes.plot(
            pair.original[there],
            pair.rebuild[there],
            mark,
            color=ink,
            markersize=size,
            markeredgewidth=0,
            clip_on=False,
            # Marks that no panel clips would else be laid out as labels are, and leave the panels no room.
            in_layout=False,
        )
    axes.axhline(pair.tau, color=GREY, linewidth=0.6, linestyle=(0, (4, 2)))
    axes.axvline(pair.tau, color=GREY, linewidth=0.6, linestyle=(0, (4, 2)))
    axes.set_title(pair.device, loc="left")
    axes.set(xlim=(0, 1), ylim=(0, 1), xticks=(0, 0.5, 1), yticks=(0, 0.5, 1))
    axes.set_box_aspect(1)
