"""Hyperparameter search: the paper's grid, by error at full recall, and by repeatability as well (Section IV-D)."""

from longcon.search.grid import Grid
from longcon.search.grid_search import Found, search, title_of_point
from longcon.search.point import Point, winner, within_one_standard_error
from longcon.search.repeatability import Rebuilt, most_repeatable, rebuilt, title_of_rebuild

__all__ = [
    "Found",
    "Grid",
    "Point",
    "Rebuilt",
    "most_repeatable",
    "rebuilt",
    "search",
    "title_of_point",
    "title_of_rebuild",
    "winner",
    "within_one_standard_error",
]
