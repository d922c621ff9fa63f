"""How the figures look: for print at column width, for grey, and for every kind of colour vision.

The inks are of Okabe and Ito's palette (Color Universal Design, 2008), in the order of their lightness, so that a grey
copy keeps their order; no line is told from another by its hue alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import matplotlib
import matplotlib.style

# Width of a column of the paper's journal, in inches.
COLUMN = 3.5

# Width of a page of A4 between its margins, in inches.
PAGE = 6.6

BLACK, BLUE, ORANGE = "#000000", "#0072B2", "#E69F00"
GREEN, PURPLE, VERMILION = "#009E73", "#CC79A7", "#D55E00"
GREY, LIGHT_GREY = "#767676", "#C8C8C8"

_STYLE = {
    # Fonts that come with matplotlib, so that every machine draws the same letters.
    "font.family": "STIXGeneral",
    "mathtext.fontset": "stix",
    "font.size": 8.0,
    "axes.labelsize": 8.0,
    "axes.titlesize": 8.0,
    "xtick.labelsize": 7.5,
    "ytick.labelsize": 7.5,
    "legend.fontsize": 7.5,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "axes.labelpad": 3.0,
    "lines.solid_capstyle": "butt",
    "lines.dash_capstyle": "butt",
    "axes.unicode_minus": True,
    "figure.constrained_layout.use": True,
    "figure.constrained_layout.h_pad": 0.03,
    "figure.constrained_layout.w_pad": 0.03,
    # Letters as outlines in SVG and embedded as TrueType in PDF: they read alike where no such font is installed.
    "svg.fonttype": "path",
    "pdf.fonttype": 42,
    # Without a fixed salt the identifiers in an SVG are drawn anew each time.
    "svg.hashsalt": "longcon",
}


# Beside the letters of a page on a screen, which have no serifs.
_SCREEN = {"font.family": "DejaVu Sans", "mathtext.fontset": "dejavusans", "svg.hashsalt": "longcon"}


@contextmanager
def page_style() -> Iterator[None]:
    """Sets the style for what is drawn inside for the page of an audit."""
    with matplotlib.style.context(["default", _STYLE, _SCREEN]):
        yield


@contextmanager
def style() -> Iterator[None]:
    """Sets the style for what is drawn inside, whatever the user's own matplotlibrc says."""
    with matplotlib.style.context(["default", _STYLE]):
        yield
