"""The grid of a search: hold-out error by learning rate and weight decay (paper, Section IV-D)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from longcon.figures.style import PAGE, style

# Near-white for the least error, near-black for the largest: a grey copy keeps the order.
_SHADES = matplotlib.colormaps["cividis_r"]
_DARK, _LIGHT = "#111111", "#fefefe"
_CELL = 0.52


@dataclass(frozen=True)
class HeatMap:
    """The points of a grid.

    Attributes:
        rates: learning rates, the rows.
        decays: weights of the L2 penalty, the columns.
        errors: rates x decays, least hold-out errors; NaN where training failed.
        epochs: rates x decays, the epochs of these; 0 where training failed.
        stopped: rates x decays, whether the point was not trained to the end.
        chosen: row and column of the chosen point.
        candidates: rows and columns of points that were compared with their rebuilds; empty where none was.
    """

    rates: Sequence[float]
    decays: Sequence[float]
    errors: NDArray[np.float64]
    epochs: NDArray[np.int64]
    stopped: NDArray[np.bool_]
    chosen: tuple[int, int]
    candidates: Sequence[tuple[int, int]] = ()


def draw_heat_map(found: HeatMap) -> Figure:
    """Returns the grid: in each cell the least error in per cent and its epoch, the chosen point in a thick frame."""
    with style():
        rows, columns = found.errors.shape
        figure = Figure(figsize=(min(PAGE, 1.1 + 0.68 * columns), 0.8 + _CELL * rows))
        axes = figure.subplots()
        for row in range(rows):
            for column in range(columns):
                _fill(axes, found, row, column)
        axes.set(xlim=(-0.5, columns - 0.5), ylim=(-0.5, rows - 0.5))
        axes.set_xticks(range(columns), [f"{value:.2g}" for value in found.decays])
        axes.set_yticks(range(rows), [f"{value:.2g}" for value in found.rates])
        axes.set_xlabel("weight of the L2 penalty")
        axes.set_ylabel("learning rate")
        axes.set_title("least hold-out error in per cent, and its epoch", loc="left")
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
    return figure


def heat_map_caption(found: HeatMap, holdout: int, k: int) -> str:
    """Returns what is to be seen, in words."""
    row, column = found.chosen
    candidates = (
        f" Thin frames: the {len(found.candidates)} points within one standard error of the least, which were rebuilt "
        "on other devices."
        if found.candidates
        else ""
    )
    stopped = " Bracketed epochs: points that were not trained to the end." if found.stopped.any() else ""
    failed = " A dash: training failed." if np.isnan(found.errors).any() else ""
    return (
        f"Least error at full recall on {holdout} hold-out cases, in per cent, and below it the epoch that reached it, "
        f"for k = {k}. Thick frame: the chosen point, learning rate {found.rates[row]:.4g} and weight "
        f"{found.decays[column]:.4g}, {100 * found.errors[row, column]:.1f}% at epoch {found.epochs[row, column]}."
        f"{candidates}{stopped}{failed}"
    )


def _fill(axes: Axes, found: HeatMap, row: int, column: int) -> None:
    error = float(found.errors[row, column])
    if np.isnan(error):
        axes.text(column, row, "–", ha="center", va="center", color=_DARK)
        return
    shade = _shade(found.errors, error)
    ink = _LIGHT if shade > 0.5 else _DARK
    axes.add_patch(Rectangle((column - 0.48, row - 0.47), 0.96, 0.94, facecolor=_SHADES(shade), linewidth=0))
    epoch = int(found.epochs[row, column])
    below = f"({epoch})" if found.stopped[row, column] else f"{epoch}"
    chosen = (row, column) == found.chosen
    axes.text(column, row + 0.16, f"{100 * error:.1f}", ha="center", va="center", color=ink, weight="bold")
    axes.text(column, row - 0.2, below, ha="center", va="center", color=ink, size=6.5)
    if chosen or (row, column) in found.candidates:
        width = 2.2 if chosen else 0.7
        frame = Rectangle((column - 0.44, row - 0.43), 0.88, 0.86, fill=False, edgecolor=ink, linewidth=width)
        axes.add_patch(frame)


def _shade(errors: NDArray[np.float64], error: float) -> float:
    """Returns how dark a cell is, from 0 to 1, on the root of the error: small differences are what decides."""
    low, high = np.sqrt(np.nanmin(errors)), np.sqrt(np.nanmax(errors))
    return float((np.sqrt(error) - low) / (high - low)) if high > low else 0.0
