"""How far each pair of builds is apart: a table of vector sines, shaded by their powers of ten."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from longcon.figures.powers import power_of_ten
from longcon.figures.style import PAGE, page_style

# Shades run from the round-off of float64 to a right angle.
_LEAST, _MOST = -17.0, 0.0
# Near-black and near-white, which stay what they are where a page in dark turns black to white.
_DARK, _LIGHT = "#111111", "#fefefe"
_SHADES = matplotlib.colormaps["cividis_r"]
_CELL = 0.42


@dataclass(frozen=True)
class SineTable:
    """The builds of one k at the released epoch.

    Attributes:
        k: cases in a minibatch.
        epoch: the released one.
        devices: of the builds, the original's first.
        sines: devices x devices; 0 on the diagonal.
        tolerance: the limit.
    """

    k: int
    epoch: int
    devices: Sequence[str]
    sines: NDArray[np.float64]
    tolerance: float


def draw_sine_table(table: SineTable) -> Figure:
    """Returns the table: the lower triangle, each value written in its cell, those above the limit framed."""
    with page_style():
        count = len(table.devices)
        figure = Figure(figsize=(min(PAGE, 2.2 + 1.1 * count), 0.75 + _CELL * count))
        axes = figure.subplots()
        for row in range(1, count):
            for column in range(row):
                _fill(axes, column, row - 1, float(table.sines[row, column]), table.tolerance)
        axes.set(xlim=(-0.5, count - 1.5), ylim=(count - 1.5, -0.5))
        axes.set_xticks(range(count - 1), table.devices[:-1])
        axes.set_yticks(range(count - 1), table.devices[1:])
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
    return figure


def _shade(sine: float) -> float:
    """Returns how dark a sine's cell is, from 0 to 1."""
    power = min(max(math.log10(max(sine, 10.0**_LEAST)), _LEAST), _MOST)
    return (power - _LEAST) / (_MOST - _LEAST)


def _fill(axes: Axes, column: int, row: int, sine: float, tolerance: float) -> None:
    above = sine > tolerance
    shade = _shade(sine)
    ink = _LIGHT if shade > 0.5 else _DARK
    axes.add_patch(Rectangle((column - 0.49, row - 0.48), 0.98, 0.96, facecolor=_SHADES(shade), linewidth=0))
    text = power_of_ten(sine) + (" !" if above else "")
    axes.text(column, row, text, ha="center", va="center", color=ink, weight="bold" if above else "normal")
    if above:
        frame = Rectangle((column - 0.46, row - 0.44), 0.92, 0.88, fill=False, edgecolor=ink, linewidth=1.6)
        axes.add_patch(frame)
