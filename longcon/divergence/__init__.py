"""Why builds diverge: when two of them part, at which update, on which cases, and what amplified the difference."""

from longcon.divergence.growth import Growth, bursts, growth
from longcon.divergence.hard_cases import Burden, burdens, burst_counts, concentration, hardest
from longcon.divergence.onset import Onset, find_onset
from longcon.divergence.pair import Pair, compare
from longcon.divergence.predictors import merits, predictors
from longcon.divergence.risk import Rate, divergence_probability, share_below
from longcon.divergence.update import Update, update_at

__all__ = [
    "Burden",
    "Growth",
    "Onset",
    "Pair",
    "Rate",
    "Update",
    "burdens",
    "bursts",
    "burst_counts",
    "compare",
    "concentration",
    "divergence_probability",
    "find_onset",
    "growth",
    "hardest",
    "merits",
    "predictors",
    "share_below",
    "update_at",
]
