"""Why builds diverge: when two of them part, at which update, on which cases, and what amplified the difference."""

from longcon.divergence.growth import Growth
from longcon.divergence.hard_cases import Burden
from longcon.divergence.onset import Onset, epochs_together, find_onset
from longcon.divergence.pair import Pair, compare
from longcon.divergence.risk import Rate, divergence_probability, share_below
from longcon.divergence.study import Study, study
from longcon.divergence.update import Update, update_at

__all__ = [
    "Burden",
    "Growth",
    "Onset",
    "Pair",
    "Rate",
    "Study",
    "Update",
    "compare",
    "divergence_probability",
    "epochs_together",
    "find_onset",
    "share_below",
    "study",
    "update_at",
]
