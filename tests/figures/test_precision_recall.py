"""Figure 1 shows the operating points that it was given."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from longcon.figures import draw_precision_recall
from longcon.figures.style import BLUE, LIGHT_GREY
from tests.figures.standins import curve


def _lines(axes: Axes, colour: str) -> list[list[tuple[float, float]]]:
    lines = [line for line in axes.lines if line.get_color() == colour]
    return [[(float(x), float(y)) for x, y in np.asarray(line.get_xydata())] for line in lines]


def test_each_recall_is_drawn_at_its_highest_precision() -> None:
    panel = draw_precision_recall([curve()]).axes[0]
    (drawn,) = _lines(panel, BLUE)
    assert drawn == [(0.0, 1.0), (0.25, 1.0), (0.5, 1.0), (0.75, 0.75), (1.0, 0.5)]
    assert [line.get_drawstyle() for line in panel.lines if line.get_color() == BLUE] == ["steps-pre"]


def test_tau_stands_on_the_curve() -> None:
    panel = draw_precision_recall([curve()]).axes[0]
    assert [np.asarray(line.get_xydata()).tolist() for line in panel.lines if line.get_marker() == "o"] == [
        [[0.5, 1.0]]
    ]
    assert panel.get_title(loc="left") == "$k$ = 1, epoch 10\n$\\tau$ = 0.800, recall 2/4"


def test_without_tau_nothing_is_marked_and_the_panel_says_so() -> None:
    panel = draw_precision_recall([curve(tau=None)]).axes[0]
    assert [line for line in panel.lines if line.get_marker() == "o"] == []
    assert panel.get_title(loc="left") == "$k$ = 1, epoch 10\nno $\\tau$ has precision 1"


def test_every_panel_shows_the_others_behind_its_own() -> None:
    panels = draw_precision_recall([curve(k) for k in (1, 2, 4, 8)]).axes
    assert [panel.get_title(loc="left").split(",")[0] for panel in panels] == [f"$k$ = {k}" for k in (1, 2, 4, 8)]
    assert [(len(_lines(panel, BLUE)), len(_lines(panel, LIGHT_GREY))) for panel in panels] == [(1, 3)] * 4
    assert all(panel.get_xlim() == (0, 1) and panel.get_ylim()[0] == 0 for panel in panels)
