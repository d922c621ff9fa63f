"""Any two builds side by side: how far their parameters are apart, and which calls differ. Nothing is decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from longcon.builds import Build
from longcon.builds.holdout import holdout_cutoff, scores_of
from longcon.checks.comparable import require_comparable, require_kept_by_both, shared_epochs
from longcon.checks.identity import first_difference
from longcon.errors import CutoffError
from longcon.measures import (
    BitDifference,
    ConsistencyTable,
    conclusive,
    longitudinal_consistency,
    upper_bound,
    vector_sine,
)
from longcon.problems import Roster
from longcon.training import parameters_of

CONFIDENCE = 0.95
_TRAJECTORY = "trajectory.safetensors"


@dataclass(frozen=True)
class Parameters:
    """How far the parameters of two builds are apart.

    Attributes:
        sine: the vector sine at the epoch; None where it is not defined.
        values: how many parameters each has, where the sine is defined.
        undefined: why the sine is not defined; empty where it is.
        compared_bits: whether bits were compared: of parameters, or of scores where a command left no parameters.
        bits: the first epoch that both keep at which a bit differs, and in what; None where none does.
        step: the first update after which a bit differs, 0 for the initial state; None where none does.
        steps: how many updates were compared; 0 where none could be.
        no_steps: why no updates were compared; empty where they were.
    """

    sine: float | None
    values: int
    undefined: str
    compared_bits: bool
    bits: tuple[int, str, BitDifference] | None
    step: int | None
    steps: int
    no_steps: str


@dataclass(frozen=True)
class CaseCalls:
    """What two builds call a case, each with the score of its call.

    Attributes:
        case: identifier.
        calls: of A and of B.
        scores: of A and of B.
    """

    case: str
    calls: tuple[str, str]
    scores: tuple[float, float]


@dataclass(frozen=True)
class Calls:
    """How far two builds make the same calls.

    Attributes:
        tau: the cut-off of A, carried to B.
        table: every prospective case, by what both said of it.
        bound: exact one-sided upper bound of the discrepancy rate at a confidence of 95 %.
        discordant: the cases that both would report and call differently.
        crossed: the cases that one alone would report.
    """

    tau: float
    table: ConsistencyTable
    bound: float
    discordant: tuple[CaseCalls, ...]
    crossed: tuple[CaseCalls, ...]


@dataclass(frozen=True)
class Comparison:
    """Two builds side by side.

    Attributes:
        epoch: at which they are compared.
        shared: epochs that both keep.
        parameters: how far they are apart.
        calls: how far they are the same; None where A has no cut-off.
        no_calls: why there is none; empty where there is one.
    """

    epoch: int
    shared: tuple[int, ...]
    parameters: Parameters
    calls: Calls | None
    no_calls: str


def compare_builds(a: Build, b: Build, epoch: int, tau: float | None = None) -> Comparison:
    """Returns the comparison of two builds.

    Args:
        a: whose cut-off is carried to the other.
        b: the other.
        epoch: at which both are compared.
        tau: of A at that epoch; found on its own hold-out when None.

    Raises:
        BuildError: the builds cannot be compared, or one does not keep the epoch.
        StoreError: a build was altered.
    """
    require_comparable(a, b)
    require_kept_by_both(a, b, epoch)
    shared = shared_epochs(a, b)
    calls, no_calls = None, ""
    try:
        calls = _calls(a, b, epoch, holdout_cutoff(a, epoch).tau if tau is None else tau)
    except CutoffError as error:
        no_calls = str(error)
    return Comparison(epoch, shared, _parameters(a, b, epoch, shared), calls, no_calls)


def _parameters(a: Build, b: Build, epoch: int, shared: Sequence[int]) -> Parameters:
    undefined = _no_sine(a, b, epoch)
    if undefined:
        scores_alone = not a.state(epoch) and not b.state(epoch)
        bits = first_difference(a, b, shared, scores=True) if scores_alone else None
        return Parameters(None, 0, undefined, scores_alone, bits, None, 0, undefined)
    first, second = a.vector(epoch), b.vector(epoch)
    step, steps, no_steps = _first_step(a, b)
    return Parameters(
        vector_sine(first, second),
        first.size,
        "",
        True,
        first_difference(a, b, shared, scores=False),
        step,
        steps,
        no_steps,
    )


def _no_sine(a: Build, b: Build, epoch: int) -> str:
    states = [build.state(epoch) for build in (a, b)]
    without = [name for name, state in zip("AB", states, strict=True) if not parameters_of(state)]
    if without:
        return f"the command of {' and of '.join(without)} left no parameters"
    shapes = [{name: value.shape for name, value in state.items()} for state in states]
    return "" if shapes[0] == shapes[1] else "their networks differ in the names or shapes of their parameters"


def _first_step(a: Build, b: Build) -> tuple[int | None, int, str]:
    """Returns the first state of the trajectories that differs in a bit, how many updates were compared, or why not."""
    without = [name for name, build in zip("AB", (a, b), strict=True) if _TRAJECTORY not in build.manifest["files"]]
    if without:
        return None, 0, f"{' and '.join(without)} kept no trajectory"
    if a.request["recipe"]["k"] != b.request["recipe"]["k"]:
        return None, 0, "an update of one is no update of the other, since k differs"
    first, second = a.trajectory().digests, b.trajectory().digests
    # Of one k on the same data, a shorter training is the beginning of a longer one.
    states = min(len(first), len(second))
    differing = np.flatnonzero(first[:states] != second[:states])
    return int(differing[0]) if len(differing) else None, states - 1, ""


def _calls(a: Build, b: Build, epoch: int, tau: float) -> Calls:
    roster = a.roster()
    scores = [scores_of(build, epoch, "prospective", roster) for build in (a, b)]
    table = longitudinal_consistency(scores, tau)
    above = [conclusive(one, tau) for one in scores]
    return Calls(
        tau,
        table,
        upper_bound(table.discordant, table.reportable, CONFIDENCE),
        _listed_cases(table.discordant_cases, scores, roster),
        _listed_cases(np.flatnonzero(above[0] != above[1]), scores, roster),
    )


def _listed_cases(
    rows: NDArray[np.int64], scores: Sequence[NDArray[np.floating[Any]]], roster: Roster
) -> tuple[CaseCalls, ...]:
    return tuple(
        CaseCalls(
            roster.prospective_cases[row],
            (roster.classes[int(scores[0][row].argmax())], roster.classes[int(scores[1][row].argmax())]),
            (float(scores[0][row].max()), float(scores[1][row].max())),
        )
        for row in rows.tolist()
    )
