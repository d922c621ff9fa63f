"""Figure 2: how far two builds part over the epochs, and the residual of the original, for each recipe."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, Locator, MaxNLocator, NullLocator
from numpy.typing import NDArray

from longcon.figures.rolling import WIDTH, rolling_minimum
from longcon.figures.style import BLACK, BLUE, COLUMN, GREY, ORANGE, style
from longcon.protocol import default_residual_threshold

_ROW = 1.5
_DASHES = (0, (4, 2))
_LETTERS = "abcdefgh"
# Between the axis's labelled powers of ten, and the least of them: round-off of the parameters ends well above it.
_DECADES, _LOWEST = 4, -20


@dataclass(frozen=True)
class Divergence:
    """A pair of builds of one recipe, followed step by step.

    Attributes:
        k: cases in a minibatch.
        dtype: ``"float64"`` or ``"float32"``.
        steps: updates in an epoch.
        sines: (updates + 1,), the vector sine after each number of updates.
        exact: the sine by epoch, from the parameters themselves, where both builds keep them.
        residuals: (updates,), of the original before each update; NaN where it was not asked for.
        released: the released epoch.
    """

    k: int
    dtype: str
    steps: int
    sines: NDArray[np.float64]
    exact: Mapping[int, float]
    residuals: NDArray[np.float64]
    released: int

    @property
    def epochs(self) -> NDArray[np.float64]:
        """(updates + 1,), how many epochs are done after each number of updates."""
        return np.arange(len(self.sines)) / self.steps

    @property
    def has_residuals(self) -> bool:
        """Whether any residual was asked for."""
        return bool(np.isfinite(self.residuals).any())

    def least_residuals(self) -> NDArray[np.float64]:
        """Returns the residuals through the paper's rolling minimum."""
        return rolling_minimum(self.residuals, WIDTH)


def draw_divergence(pairs: Sequence[Divergence]) -> Figure:
    """Returns Figure 2: one panel for each pair; on its logarithmic axis a sine of exactly 0 has no place."""
    with style():
        rows = -(-len(pairs) // 2)
        figure = Figure(figsize=(COLUMN, _ROW * rows + 0.65))
        panels = figure.subplots(rows, 2, sharex=True, sharey=True, squeeze=False).ravel()
        for empty in panels[len(pairs) :]:
            empty.set_visible(False)
        low, high = _decades(pairs)
        for letter, panel, pair in zip(_LETTERS, panels, pairs, strict=False):
            _draw(panel, pair)
            bits = pair.dtype.removeprefix("float")
            panel.set_title(f"({letter})  $k$ = {pair.k}, {bits} bits", loc="left")
            panel.set(yscale="log", ylim=(10.0**low, 10.0**high), xlim=(0, pair.epochs[-1]))
            panel.yaxis.set_major_locator(FixedLocator([10.0**n for n in range(low, high + 1) if n % _DECADES == 0]))
            panel.yaxis.set_minor_locator(NullLocator())
            panel.xaxis.set_major_locator(_epoch_ticks(len(pair.sines) // pair.steps))
        figure.supxlabel("Epoch", fontsize=8)
        figure.legend(
            handles=_legend(residuals=any(pair.has_residuals for pair in pairs)),
            loc="outside upper left",
            ncols=2,
            frameon=False,
            borderpad=0,
        )
    return figure


def _draw(axes: Axes, pair: Divergence) -> None:
    axes.axhline(default_residual_threshold(pair.dtype), color=GREY, linewidth=0.6, linestyle=_DASHES)
    if pair.has_residuals:
        axes.plot(pair.epochs[:-1], pair.least_residuals(), color=ORANGE, linewidth=0.5)
    else:
        axes.text(0.5, 0.95, "residual not asked for", ha="center", va="top", transform=axes.transAxes, color=GREY)
    if not pair.sines.any():
        axes.text(0.5, 0.5, "sine 0 at every update", ha="center", va="center", transform=axes.transAxes, color=GREY)
    axes.plot(pair.epochs, np.where(pair.sines > 0, pair.sines, np.nan), color=BLUE, linewidth=1.0)
    axes.plot(pair.released, 0, "^", color=BLACK, markersize=3.5, transform=axes.get_xaxis_transform(), clip_on=False)
    seen = {epoch: sine for epoch, sine in pair.exact.items() if sine > 0}
    axes.plot(list(seen), list(seen.values()), "o", color=BLACK, markersize=2.2, linestyle="none", clip_on=False)


def _legend(*, residuals: bool) -> list[Line2D]:
    sines = [
        Line2D([], [], color=BLUE, linewidth=1.0, label="sine, every update"),
        Line2D([], [], color=BLACK, marker="o", markersize=2.2, linestyle="none", label="sine, saved states"),
        Line2D([], [], color=BLACK, marker="^", markersize=3.5, linestyle="none", label="released epoch"),
    ]
    threshold = Line2D([], [], color=GREY, linewidth=0.6, linestyle=_DASHES, label="paper's threshold")
    if not residuals:
        return sines
    return [*sines, Line2D([], [], color=ORANGE, linewidth=0.8, label=f"residual, minimum of {WIDTH}"), threshold]


def _decades(pairs: Sequence[Divergence]) -> tuple[int, int]:
    """Returns the powers of ten between which everything that is drawn lies."""
    series = [
        series for pair in pairs for series in (pair.sines, pair.least_residuals(), np.array([*pair.exact.values()]))
    ]
    values = np.concatenate(series)
    values = values[np.isfinite(values) & (values > 0)]
    if not values.size:
        return -16, 0
    low = max(_LOWEST, math.floor(math.log10(values.min())))
    return min(low, -_DECADES), max(0, math.ceil(math.log10(values.max())))


def _epoch_ticks(epochs: int) -> Locator:
    quarters = FixedLocator([n * epochs // 4 for n in range(5)])
    return quarters if epochs % 4 == 0 else MaxNLocator(4, integer=True)
