"""The audit's figures: for each k what the builds show, drawn where the builds for it are there."""

from reports.figures.drawing import Drawing, Undrawn
from reports.figures.gallery import draw

__all__ = ["Drawing", "Undrawn", "draw"]
