"""Controls: a build altered on purpose must fail the checks, and one that is not must pass them.

A check that never fails shows nothing. So each run plants, in copies held in memory, the least defect that its own
limits forbid, and looks whether the very checks that decide the release find it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from longcon.builds import Build
from longcon.checks.calls import cutoff_is_precise, rebuild_agrees
from longcon.checks.dissimilarity import sine_below_tolerance
from longcon.checks.identity import initial_states_identical, replicates_identical, scores_alone
from longcon.checks.outcome import Outcome
from longcon.measures import conclusive
from longcon.problems import ProblemData
from longcon.protocol import Limits
from longcon.training import State, parameters_of

# Below this many units of its precision, round-off alone hides a planted sine.
_LEAST_ULPS = 1000
Scores = NDArray[np.floating]


@dataclass(frozen=True, kw_only=True)
class Altered(Build):
    """A build with states or scores altered in memory; its folder is never read under its own name.

    Attributes:
        original: the build that is altered.
        alter_state: given an epoch and its state.
        alter_scores: given a cohort and its scores.
    """

    original: Build
    alter_state: Callable[[int, State], State]
    alter_scores: Callable[[str, Scores], Scores]

    def state(self, epoch: int) -> State:
        """Returns the altered parameters."""
        return self.alter_state(epoch, self.original.state(epoch))

    def scores(self, epoch: int, cohort: str) -> Scores:
        """Returns the altered scores."""
        return self.alter_scores(cohort, self.original.scores(epoch, cohort))


@dataclass(frozen=True)
class _Control:
    name: str
    passes: Callable[[], bool]
    must_pass: bool


def controls_come_out(original: Build, epoch: int, tau: float, data: ProblemData, limits: Limits) -> Outcome:
    """Decides LC-OQ-06: every positive control fails its check, every negative one passes it.

    Args:
        original: the original build; copies of it are altered in memory.
        epoch: the released epoch.
        tau: of the original build.
        data: the classes and the prospective cases.
        limits: of acceptance; the defects are the least that they forbid.
    """
    controls = [*_negative(original, epoch, tau, data, limits), *_positive(original, epoch, tau, data, limits)]
    wrong = [control for control in controls if control.passes() != control.must_pass]
    positive = sum(not control.must_pass for control in controls)
    caught = positive - sum(not control.must_pass for control in wrong)
    clean = len(controls) - positive
    passed = clean - sum(control.must_pass for control in wrong)
    message = (
        f"{original.title}, controls: {caught} of {positive} planted defects were caught, {passed} of {clean} "
        "unaltered copies passed"
    )
    if wrong:
        told = "; ".join(f"{control.name} {'failed' if control.must_pass else 'passed'}" for control in wrong)
        message += f"; wrong: {told}. Likely cause: limits that nothing can exceed, or too few conclusive cases."
    else:
        message += "."
    return Outcome(
        "LC-OQ-06",
        original.title,
        not wrong,
        len(wrong),
        0,
        "controls that came out wrong",
        len(controls),
        message,
        details={"controls": [control.name for control in controls]},
    )


def _negative(original: Build, epoch: int, tau: float, data: ProblemData, limits: Limits) -> Iterator[_Control]:
    copy = _altered(original)
    yield _Control("an unaltered copy as a replicate", lambda: replicates_identical(original, copy).ok, True)
    if 0 in original.epochs:
        yield _Control("an unaltered copy's initial state", lambda: initial_states_identical(original, copy).ok, True)
    if not scores_alone(original):
        yield _Control(
            "an unaltered copy's sine",
            lambda: sine_below_tolerance(original, copy, epoch, limits.sine_tolerance).ok,
            True,
        )
    yield _Control(
        "an unaltered copy's calls",
        lambda: rebuild_agrees(original, copy, epoch, tau, data, limits).details["discordant"] == 0,
        True,
    )


def _positive(original: Build, epoch: int, tau: float, data: ProblemData, limits: Limits) -> Iterator[_Control]:
    yield from _positive_of_states(original, epoch, limits)
    swapped = _altered(original, scores=lambda cohort, scores: _discordant(cohort, scores, tau, limits))
    yield _Control(
        "more discordant calls than 1 - p allows",
        lambda: rebuild_agrees(original, swapped, epoch, tau, data, limits).ok,
        False,
    )
    confused = _altered(original, scores=lambda cohort, scores: _false_positive(cohort, scores, data))
    yield _Control(
        "a false positive above every true one",
        lambda: cutoff_is_precise(confused, epoch, data, limits).ok,
        False,
    )


def _positive_of_states(original: Build, epoch: int, limits: Limits) -> Iterator[_Control]:
    """Yields the controls that alter parameters; one that alters a score where a build keeps scores alone."""
    if scores_alone(original):
        other_score = _altered(original, scores=lambda _, scores: _one_ulp_in(scores))
        yield _Control("one ulp in one score", lambda: replicates_identical(original, other_score).ok, False)
        return
    one_ulp = _altered(original, state=_one_ulp_at(epoch))
    yield _Control("one ulp in one parameter", lambda: replicates_identical(original, one_ulp).ok, False)
    if 0 in original.epochs:
        other_start = _altered(original, state=_one_ulp_at(0))
        yield _Control("one ulp at the start", lambda: initial_states_identical(original, other_start).ok, False)
    turned = _altered(original, state=lambda _, state: _turned(state, limits.sine_tolerance))
    yield _Control(
        "parameters turned beyond the tolerance",
        lambda: sine_below_tolerance(original, turned, epoch, limits.sine_tolerance).ok,
        False,
    )


def _altered(
    original: Build,
    state: Callable[[int, State], State] = lambda _, state: state,
    scores: Callable[[str, Scores], Scores] = lambda _, scores: scores,
) -> Altered:
    # A training of its own, as far as the checks can see.
    manifest = {**original.manifest, "seconds": original.manifest["seconds"] + 1}
    return Altered(
        folder=original.folder / "control",
        manifest=manifest,
        origin=original.origin,
        original=original,
        alter_state=state,
        alter_scores=scores,
    )


def _one_ulp_at(epoch: int) -> Callable[[int, State], State]:
    def alter(at: int, state: State) -> State:
        if at != epoch:
            return state
        name = sorted(parameters_of(state))[-1]
        return {**state, name: _one_ulp_in(state[name])}

    return alter


def _one_ulp_in(values: Scores) -> Scores:
    altered = values.copy()
    altered.flat[0] = np.nextafter(altered.flat[0], np.inf)
    return altered


def _turned(state: State, tolerance: float) -> State:
    """Returns parameters at twice the tolerance, as a sine, from those given; at most at a right angle."""
    names = sorted(parameters_of(state))
    vector = np.concatenate([state[name].ravel() for name in names]).astype(np.float64)
    length = float(np.linalg.norm(vector))
    along = vector / length
    across = np.roll(along, 1)
    across -= (across @ along) * along
    across /= np.linalg.norm(across)
    least = _LEAST_ULPS * float(np.finfo(state[names[0]].dtype).eps)
    sine = min(1.0, max(2 * tolerance, least))
    turned = length * (math.sqrt(1 - sine * sine) * along + sine * across)
    return {**state, **_unflattened(turned, state, names)}


def _unflattened(vector: NDArray[Any], state: State, names: list[str]) -> State:
    ends = np.cumsum([state[name].size for name in names])
    parts = np.split(vector, ends[:-1])
    return {
        name: part.reshape(state[name].shape).astype(state[name].dtype) for name, part in zip(names, parts, strict=True)
    }


def _discordant(cohort: str, scores: Scores, tau: float, limits: Limits) -> Scores:
    """Returns scores in which just more of the conclusive cases than 1 - p call the next class, as surely."""
    if cohort != "prospective":
        return scores
    reportable = np.flatnonzero(conclusive(scores, tau))
    n = reportable.size
    least = next((d for d in range(n + 1) if n and (n - d) / n < limits.p), 0)
    planted = reportable[:least]
    altered = scores.copy()
    altered[planted] = np.roll(scores[planted], 1, axis=1)
    return altered


def _false_positive(cohort: str, scores: Scores, data: ProblemData) -> Scores:
    if cohort != "holdout":
        return scores
    other = int(np.flatnonzero(data.holdout_labels != data.target_index)[0])
    altered = scores.copy()
    altered[other] = 0
    altered[other, data.target_index] = 1
    return altered
