"""One update, looked into: what it saw, and what it did to the difference of two builds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from longcon.divergence.pair import Pair
from longcon.divergence.predictors import rank_from_below
from longcon.problems import ProblemData
from longcon.training import Recipe, minibatch_cases


@dataclass(frozen=True)
class Update:
    """One update of two builds; ranks are the share of the run's updates with a smaller value.

    Attributes:
        number: 0 for the first of the training.
        epoch: 1 for the first.
        minibatch: 1 for the first of the epoch.
        cases: of the minibatch, by name.
        loss: of the minibatch before the update, in the original build.
        gradient_norm: there, without the penalty.
        gradient_rank: of ``gradient_norm``.
        residual: gradient-annihilation residual there; None where it was not recorded.
        residual_rank: of ``residual``.
        smallest: upper bound of the Hessian's smallest eigenvalue there; None where it was not recorded.
        smallest_error: its |Hv - theta v|.
        largest: largest eigenvalue there by magnitude; None where it was not recorded.
        parameters: relative difference of the parameters before and after.
        moments: the same of Adamax's first moments.
        norms: the same of its infinity norms.
        gain: difference of the gradients over that of the parameters; see `Growth`.
        variances: least variance before each LayerNorm, and its rank, by the layer's name.
        switched_units: units that pass in one build and not in the other, by layer.
        switched_maxima: share of sampled parameters for which Adamax's maximum took different sides.
    """

    number: int
    epoch: int
    minibatch: int
    cases: tuple[str, ...]
    loss: float
    gradient_norm: float
    gradient_rank: float | None
    residual: float | None
    residual_rank: float | None
    smallest: float | None
    smallest_error: float | None
    largest: float | None
    parameters: tuple[float, float] | None
    moments: tuple[float, float] | None
    norms: tuple[float, float] | None
    gain: float | None
    variances: dict[str, tuple[float, float]]
    switched_units: dict[str, int]
    switched_maxima: float | None


def update_at(pair: Pair, number: int, data: ProblemData) -> Update:
    """Returns what is known of one update of a pair.

    Args:
        pair: two builds; without detail in both, what it tells is left out.
        number: of the update, 0 for the first.
        data: names the training cases.
    """
    a, b = pair.original.trajectory(), pair.rebuild.trajectory()
    per_epoch = pair.onset.steps_per_epoch
    recipe = Recipe.of_json(pair.original.request["recipe"])
    grown = pair.growth
    variances: dict[str, tuple[float, float]] = {}
    switched: dict[str, int] = {}
    maxima = None
    if a.detail is not None and b.detail is not None:
        for name, values in a.detail.variances.items():
            variances[name] = (float(values[number]), rank_from_below(values, number) or 0.0)
        for name in a.detail.units:
            switched[name] = _differing_bits(a.detail.passed[name][number], b.detail.passed[name][number])
        sampled = a.detail.sides_of_first + a.detail.sides_of_others
        maxima = _differing_bits(a.detail.sides[number], b.detail.sides[number]) / sampled
    return Update(
        number=number,
        epoch=number // per_epoch + 1,
        minibatch=number % per_epoch + 1,
        cases=tuple(data.training_cases[case] for case in minibatch_cases(number, len(data.training), recipe)),
        loss=float(a.losses[number]),
        gradient_norm=float(a.gradient_norms[number]),
        gradient_rank=rank_from_below(a.gradient_norms, number),
        residual=_known(a.residuals[number]),
        residual_rank=rank_from_below(a.residuals, number),
        smallest=_known(a.smallest[number]),
        smallest_error=_known(a.smallest_errors[number]),
        largest=_known(a.largest[number]),
        parameters=None if grown is None else _step(grown.parameters, number),
        moments=None if grown is None else _step(grown.moments, number),
        norms=None if grown is None else _step(grown.norms, number),
        gain=None if grown is None else _known(grown.gains[number]),
        variances=variances,
        switched_units=switched,
        switched_maxima=maxima,
    )


def _differing_bits(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> int:
    return int(np.bitwise_count(a ^ b).sum())


def _known(value: np.float64) -> float | None:
    return None if np.isnan(value) else float(value)


def _step(values: NDArray[np.float64], number: int) -> tuple[float, float]:
    return float(values[number]), float(values[number + 1])
