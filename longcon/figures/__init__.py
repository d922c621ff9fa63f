"""Figures of the paper: arrays in, vector graphics, tables and captions out; drawn with matplotlib."""

from longcon.figures.captions import divergence_caption, precision_recall_caption
from longcon.figures.divergence import Divergence, draw_divergence
from longcon.figures.precision_recall import PrecisionRecall, draw_precision_recall
from longcon.figures.rolling import rolling_minimum
from longcon.figures.tables import divergence_table, precision_recall_table
from longcon.figures.vector import vector_files

__all__ = [
    "Divergence",
    "PrecisionRecall",
    "divergence_caption",
    "divergence_table",
    "draw_divergence",
    "draw_precision_recall",
    "precision_recall_caption",
    "precision_recall_table",
    "rolling_minimum",
    "vector_files",
]
