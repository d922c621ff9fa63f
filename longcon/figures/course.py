"""The course of the sine: how far each rebuild is from the original, update by update."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from longcon.figures.style import BLACK, BLUE, GREEN, GREY, ORANGE, PAGE, PURPLE, VERMILION, page_style

# A line is told by its dashes as well as by its ink.
_LINES = (
    (BLUE, "solid"),
    (VERMILION, (0, (5, 1.5))),
    (GREEN, (0, (1.2, 1.2))),
    (PURPLE, (0, (5, 1.5, 1.2, 1.5))),
    (ORANGE, (0, (8, 2))),
    (BLACK, (0, (2, 2))),
)
_HEIGHT = 2.9
_FLOOR = 1e-17


@dataclass(frozen=True)
class Course:
    """The rebuilds of one k against the original.

    Attributes:
        k: cases in a minibatch.
        steps: updates in an epoch.
        released: the released epoch.
        tolerance: the limit.
        sines: by device, (updates + 1,): the sine after each number of updates.
    """

    k: int
    steps: int
    released: int
    tolerance: float
    sines: Mapping[str, NDArray[np.float64]]

    @property
    def epochs(self) -> NDArray[np.float64]:
        """(updates + 1,), how many epochs are done after each number of updates."""
        return np.arange(len(next(iter(self.sines.values())))) / self.steps


def draw_course(course: Course) -> Figure:
    """Returns the figure; on its logarithmic axis a sine of exactly 0 has no place, and the legend says so."""
    with page_style():
        figure = Figure(figsize=(PAGE, _HEIGHT))
        axes = figure.subplots()
        for number, (device, sines) in enumerate(course.sines.items()):
            ink, dashes = _LINES[number % len(_LINES)]
            label = device if sines.any() else f"{device} (0 throughout)"
            shown = np.where(sines > 0, np.maximum(sines, _FLOOR), np.nan)
            axes.plot(course.epochs, shown, color=ink, linestyle=dashes, linewidth=1.1, label=label)
        axes.axhline(course.tolerance, color=GREY, linewidth=0.8, linestyle=(0, (4, 2)))
        axes.axvline(course.released, color=GREY, linewidth=0.8)
        end = float(course.epochs[-1])
        # Where curves that begin in round-off and end apart are not.
        axes.text(0.01 * end, course.tolerance * 1.6, "limit", ha="left", va="bottom", color=BLACK)
        near_end = course.released > 0.75 * end
        axes.annotate(
            f"released epoch {course.released}",
            (course.released, _FLOOR),
            xytext=(-3 if near_end else 3, 1),
            textcoords="offset points",
            ha="right" if near_end else "left",
            va="bottom",
        )
        axes.set(yscale="log", xlim=(0, end), ylim=(_FLOOR, 3.0), xlabel="Epoch", ylabel="Vector sine to the original")
        axes.xaxis.set_major_locator(MaxNLocator(8, integer=True))
        figure.legend(loc="outside upper left", ncols=min(3, len(course.sines)), frameon=False, borderpad=0)
    return figure
