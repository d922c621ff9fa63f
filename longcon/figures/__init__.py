"""Figures of the paper and of the audit: arrays in, vector graphics, tables and captions out; drawn with matplotlib."""

from longcon.figures.captions import divergence_caption, precision_recall_caption
from longcon.figures.class_agreement import ClassAgreement, draw_class_agreement
from longcon.figures.course import Course, draw_course
from longcon.figures.cutoff import draw_cutoff
from longcon.figures.divergence import Divergence, draw_divergence
from longcon.figures.heat_map import HeatMap, draw_heat_map, heat_map_caption
from longcon.figures.powers import power_of_ten
from longcon.figures.precision_recall import PrecisionRecall, draw_precision_recall
from longcon.figures.rolling import rolling_minimum
from longcon.figures.score_pairs import ScorePair, draw_score_pairs
from longcon.figures.sine_table import SineTable, draw_sine_table
from longcon.figures.style import page_style
from longcon.figures.tables import divergence_table, precision_recall_table, table_of
from longcon.figures.vector import svg_file, vector_files

__all__ = [
    "ClassAgreement",
    "Course",
    "Divergence",
    "HeatMap",
    "PrecisionRecall",
    "ScorePair",
    "SineTable",
    "divergence_caption",
    "divergence_table",
    "draw_class_agreement",
    "draw_course",
    "draw_cutoff",
    "draw_divergence",
    "draw_heat_map",
    "draw_precision_recall",
    "draw_score_pairs",
    "draw_sine_table",
    "heat_map_caption",
    "page_style",
    "power_of_ten",
    "precision_recall_caption",
    "precision_recall_table",
    "rolling_minimum",
    "svg_file",
    "table_of",
    "vector_files",
]
