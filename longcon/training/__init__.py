"""Training: the recipe, the network, its initial values, the order of sums and the loop (paper, Section IV-C)."""

from longcon.training.checkpoint import Carried, Checkpoint
from longcon.training.detail import Detail
from longcon.training.digest import first_difference
from longcon.training.initialisation import State, case_order, initial_state
from longcon.training.loop import train
from longcon.training.minibatches import minibatch_cases, steps_per_epoch
from longcon.training.network import network
from longcon.training.ordering import Ordering
from longcon.training.recipe import ARITHMETICS, PRECISIONS, Arithmetic, Precision, Recipe
from longcon.training.recorder import Asked, Curvature
from longcon.training.result import Cases, Epoch, Snapshot, Training
from longcon.training.sketch import sketched_sine
from longcon.training.trajectory import Trajectory

__all__ = [
    "ARITHMETICS",
    "PRECISIONS",
    "Arithmetic",
    "Asked",
    "Carried",
    "Cases",
    "Checkpoint",
    "Curvature",
    "Detail",
    "Epoch",
    "Ordering",
    "Precision",
    "Recipe",
    "Snapshot",
    "State",
    "Training",
    "Trajectory",
    "case_order",
    "first_difference",
    "initial_state",
    "minibatch_cases",
    "network",
    "sketched_sine",
    "steps_per_epoch",
    "train",
]
