"""Training: the recipe, the network, its initial values, the order of sums and the loop (paper, Section IV-C)."""

from longcon.training.chain import Stage, chain_of, why_no_chain
from longcon.training.checkpoint import Carried, Checkpoint
from longcon.training.detail import Detail
from longcon.training.digest import first_difference
from longcon.training.initialisation import State, case_order, initial_state
from longcon.training.loop import train
from longcon.training.method import Loss, Method, PaperMethod, described, loss_of, penalty_of
from longcon.training.minibatches import minibatch_cases, steps_per_epoch
from longcon.training.network import network
from longcon.training.ordering import Ordering
from longcon.training.probe import training_probe
from longcon.training.recipe import ARITHMETICS, PRECISIONS, Arithmetic, Precision, Recipe
from longcon.training.recorder import Asked, Curvature
from longcon.training.result import Cases, Epoch, Snapshot, Training
from longcon.training.sketch import sketched_sine
from longcon.training.start import hold, natural_ordering, started
from longcon.training.state import BUFFERS, parameters_of, state_of, take_state, trained_parameters
from longcon.training.trajectory import Trajectory

__all__ = [
    "ARITHMETICS",
    "BUFFERS",
    "PRECISIONS",
    "Arithmetic",
    "Asked",
    "Carried",
    "Cases",
    "Checkpoint",
    "Curvature",
    "Detail",
    "Epoch",
    "Loss",
    "Method",
    "Ordering",
    "PaperMethod",
    "Precision",
    "Recipe",
    "Snapshot",
    "Stage",
    "State",
    "Training",
    "Trajectory",
    "case_order",
    "chain_of",
    "described",
    "first_difference",
    "hold",
    "initial_state",
    "loss_of",
    "minibatch_cases",
    "natural_ordering",
    "network",
    "parameters_of",
    "penalty_of",
    "sketched_sine",
    "started",
    "state_of",
    "steps_per_epoch",
    "take_state",
    "train",
    "trained_parameters",
    "training_probe",
    "why_no_chain",
]
