"""Minibatches: cases taken in order with stride k, the same in every epoch (paper, equation 1)."""

from __future__ import annotations

from longcon.training.initialisation import case_order
from longcon.training.recipe import Recipe


def minibatches(cases: int, k: int) -> list[slice]:
    """Returns the minibatches of an epoch as slices of the cases in visiting order; the last may be short."""
    return [slice(start, min(start + k, cases)) for start in range(0, cases, k)]


def steps_per_epoch(cases: int, k: int) -> int:
    """Returns the number of updates in an epoch of ``cases`` cases."""
    return -(-cases // k)


def minibatch_cases(step: int, training_cases: int, recipe: Recipe) -> tuple[int, ...]:
    """Returns the cases that an update saw, in the order in which it took them.

    Args:
        step: 0 for the first update of the training; entry ``step`` of a trajectory's losses is theirs.
        training_cases: size of the training split.
        recipe: of the build.

    Returns:
        Indices into `ProblemData.training_cases`.
    """
    batch = minibatches(training_cases, recipe.k)[step % steps_per_epoch(training_cases, recipe.k)]
    return tuple(case_order(training_cases, recipe.seed)[batch].tolist())
