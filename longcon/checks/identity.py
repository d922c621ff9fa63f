"""Bitwise identity: of initial states across devices, of replicates on one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from numpy.typing import NDArray

from longcon.builds import Build
from longcon.checks.outcome import Outcome
from longcon.checks.pairs import require_own_trainings
from longcon.errors import BuildError
from longcon.measures import BitDifference, bitwise_difference


def initial_states_identical(original: Build, rebuild: Build) -> Outcome:
    """Decides LC-OQ-01: both builds start from the same bits (paper, Section IV-E, step 3a)."""
    _require_two(original, rebuild)
    subject = f"{rebuild.title} against {original.device}"
    difference = first_difference(original, rebuild, [0], scores=False)
    return identity_outcome(
        "LC-OQ-01", subject, difference, 1, original, "the initial values were not drawn on the host alike"
    )


def replicates_identical(first: Build, second: Build) -> Outcome:
    """Decides LC-OQ-02: a build and its replicate on one device agree in every bit of states and scores.

    Source: paper, Section IV-F.

    Raises:
        BuildError: both are the same build, or they answer different requests.
    """
    _require_two(first, second)
    if (first.device, first.numeric_class) != (second.device, second.numeric_class):
        raise BuildError(f"{first.title} and {second.title} are not replicates: compare builds of one device.")
    subject = f"{first.title} against replicate {second.replicate}"
    if first.epochs != second.epochs:
        return Outcome(
            "LC-OQ-02",
            subject,
            False,
            None,
            0,
            "differing values",
            0,
            f"{subject}: one recorded epochs {_listed(first.epochs)}, the other {_listed(second.epochs)}, "
            "because their best epochs differ or a build was altered; run again with --fresh.",
        )
    difference = first_difference(first, second, first.epochs, scores=True)
    cause = "a nondeterministic operation, another thread count or an altered build; run again with --fresh"
    return identity_outcome("LC-OQ-02", subject, difference, len(first.epochs), first, cause)


def portable_builds_identical(original: Build, rebuild: Build) -> Outcome:
    """Decides LC-OQ-03: in portable arithmetic, builds of two devices agree in every bit of states and scores.

    Raises:
        BuildError: both are the same build.
    """
    _require_two(original, rebuild)
    subject = f"{rebuild.title} against {original.device}"
    epochs = sorted(set(original.epochs) & set(rebuild.epochs))
    difference = first_difference(original, rebuild, epochs, scores=True)
    cause = "an operation that this device does not round as IEEE 754 asks, or other code; run longcon's tests there"
    outcome = identity_outcome("LC-OQ-03", subject, difference, len(epochs), original, cause)
    return replace(outcome, evidence=original.numeric_class != rebuild.numeric_class)


def identity_outcome(
    requirement: str,
    subject: str,
    difference: tuple[int, str, BitDifference] | None,
    states: int,
    build: Build,
    cause: str,
) -> Outcome:
    """Returns the outcome of a comparison of states.

    Args:
        requirement: id in the catalogue.
        subject: what was compared.
        difference: as `first_difference` gave it.
        states: how many were compared.
        build: one of the two.
        cause: likely cause of a difference, and what to do.
    """
    values = sum(value.size for value in _arrays(build, build.epochs[0], scores=scores_alone(build)).values())
    if difference is None:
        return Outcome(
            requirement,
            subject,
            True,
            0,
            0,
            "differing values",
            values * states,
            f"{subject}: all {values:,} values are identical in every bit at each of {states} recorded states.",
        )
    epoch, name, bits = difference
    return Outcome(
        requirement,
        subject,
        False,
        bits.differing,
        0,
        "differing values",
        bits.total,
        f"{subject}: states differ at epoch {epoch} in {name}: {bits.describe()}; likely cause: {cause}.",
        details={"epoch": epoch, "parameter": name, "largest_ulp": float(bits.largest_ulp)},
    )


def scores_alone(build: Build) -> bool:
    """Whether a build keeps scores and no parameters, as what a command trained may."""
    return not build.state(build.epochs[0])


def first_difference(
    a: Build, b: Build, epochs: Sequence[int], *, scores: bool
) -> tuple[int, str, BitDifference] | None:
    """Returns the first epoch, and in it the first parameter or scores, in which two builds differ; None if in none.

    Raises:
        BuildError: the builds have different parameters.
    """
    for epoch in epochs:
        left, right = _arrays(a, epoch, scores=scores), _arrays(b, epoch, scores=scores)
        if left.keys() != right.keys():
            raise BuildError(f"{a.title} and {b.title} have different parameters: compare builds of one network.")
        for key in sorted(left):  # as they are read they come in any order
            difference = bitwise_difference(left[key], right[key])
            if difference is not None:
                return epoch, key[1], difference
    return None


def _arrays(build: Build, epoch: int, *, scores: bool) -> dict[tuple[str, str], NDArray[Any]]:
    """Returns everything that is compared by kind and name; a parameter may be called as scores are."""
    cohorts = ("holdout", "prospective") if scores else ()
    states = {("parameters", name): value for name, value in build.state(epoch).items()}
    return states | {("scores", f"the {cohort} scores"): build.scores(epoch, cohort) for cohort in cohorts}


def _require_two(a: Build, b: Build) -> None:
    if a.folder == b.folder:
        raise BuildError(f"Build {a.folder.name} was to be compared with itself: compare two builds.")
    require_own_trainings(a, b)


def _listed(epochs: Sequence[int]) -> str:
    return ", ".join(map(str, epochs))
