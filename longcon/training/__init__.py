"""Training: the recipe, the network, its initial values, the order of sums and the loop (paper, Section IV-C)."""

from longcon.training.initialisation import State, case_order, initial_state
from longcon.training.loop import Cases, Epoch, Snapshot, Training, train
from longcon.training.network import network
from longcon.training.ordering import Ordering
from longcon.training.recipe import ARITHMETICS, PRECISIONS, Arithmetic, Precision, Recipe

__all__ = [
    "ARITHMETICS",
    "PRECISIONS",
    "Arithmetic",
    "Cases",
    "Epoch",
    "Ordering",
    "Precision",
    "Recipe",
    "Snapshot",
    "State",
    "Training",
    "case_order",
    "initial_state",
    "network",
    "train",
]
