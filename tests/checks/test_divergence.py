"""The advisory checks: builds that part before the release, residuals below the threshold, Hessians without a doubt."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from longcon.builds import Build, Campaign
from longcon.checks import hessian_indefinite, parts_after_release, residual_above_threshold
from longcon.errors import BuildError
from tests.divergence.planted import EPOCH, Arrays, Plant

pytestmark = pytest.mark.slow
TOLERANCE = 2.0**-26
PAIR = "k=2 float64 on cpu+order:1, replicate 1 against cpu"


def _parting_at(update: int) -> Callable[[Arrays, Arrays], None]:
    def part(trajectory: Arrays, _: Arrays) -> None:
        sketches = trajectory["sketches"]
        sketches[update + 1 :] += 0.3 * np.random.default_rng(0).normal(size=256) * np.linalg.norm(sketches[0]) / 16

    return part


def test_a_rebuild_that_stays_together(detailed: tuple[Build, Build]) -> None:
    outcome = parts_after_release(*detailed, 3, TOLERANCE)
    assert outcome.ok
    assert outcome.evidence
    assert (outcome.measured, outcome.limit, outcome.n) == (5, 3, 3 * EPOCH + 1)
    assert outcome.message == f"{PAIR}: released epoch 3 of 5; the sine ends within 1.49e-08."


@pytest.mark.parametrize(
    ("update", "ok", "rest"),
    [
        # The last update of epoch 2 is the last that may part them for a release at epoch 2 to come before.
        (2 * EPOCH, True, "the sine leaves 1.49e-08 for good in epoch 3, the builds part in epoch 3 (rapid)."),
        (
            2 * EPOCH - 1,
            False,
            "the sine leaves 1.49e-08 for good in epoch 2, the builds part in epoch 2 (rapid); it is above the "
            "tolerance in 1 of 39 states up to the release, first in epoch 2. Likely cause: round-off grown in "
            "training; see python -m longcon divergence --k=2 on the same data, or try an earlier --release-epoch.",
        ),
    ],
)
def test_a_rebuild_that_parts(detailed: tuple[Build, Build], plant: Plant, update: int, ok: bool, rest: str) -> None:
    outcome = parts_after_release(detailed[0], plant(_parting_at(update)), 2, TOLERANCE)
    assert outcome.ok is ok
    assert outcome.message == f"{PAIR}: released epoch 2 of 5; {rest}"
    assert outcome.measured == update / EPOCH


def test_the_residual_is_held_against_the_threshold(detailed: tuple[Build, Build]) -> None:
    residuals = detailed[0].trajectory().residuals
    least = float(residuals.min())
    step = int(residuals.argmin())
    above = residual_above_threshold(detailed[0], least * 0.99)
    assert above.ok
    assert above.measured == least
    assert above.n == 5 * EPOCH
    below = residual_above_threshold(detailed[0], least * 1.001)
    assert not below.ok
    assert below.message == (
        f"k=2 float64 on cpu, replicate 1: residual below {least * 1.001:.1e} at 1 of 95 recorded steps (1.05%), "
        "all there are; least "
        f"{least:.2e}, at minibatch {step % EPOCH + 1} of epoch {step // EPOCH + 1}. "
        "How well that foretells a divergence is measured in docs/divergence.md."
    )


def test_the_hessian_is_indefinite_where_every_bound_is_negative(detailed: tuple[Build, Build], plant: Plant) -> None:
    trajectory = detailed[0].trajectory()
    outcome = hessian_indefinite(detailed[0])
    assert outcome.ok is bool((trajectory.smallest < 0).all())
    assert outcome.measured == trajectory.smallest.max()

    def convex_once(arrays: Arrays, _: Arrays) -> None:
        for name, value in (("smallest", 0.25), ("smallest_errors", 1e-9), ("residuals", 1.0), ("largest", 1.0)):
            arrays[name][:] = -0.5 if name == "smallest" else value
        arrays["smallest"][30] = 0.25

    convex = hessian_indefinite(plant(convex_once, of=0))
    assert not convex.ok
    assert convex.message == (
        "k=2 float64 on cpu, replicate 1: the smallest eigenvalue is negative for sure at 94 of 95 recorded steps, all "
        "there are; its largest upper bound is 2.50e-01 (|Hv - theta v| 1.0e-09), at minibatch 12 of epoch 2."
    )


def test_a_bound_within_round_off_of_zero_proves_nothing(plant: Plant) -> None:
    def nearly_flat(arrays: Arrays, _: Arrays) -> None:
        arrays["smallest"][:], arrays["largest"][:] = -1e-16, 1.0

    assert not hessian_indefinite(plant(nearly_flat, of=0)).ok


def test_a_step_that_was_asked_for_and_is_missing_is_no_pass(plant: Plant) -> None:
    def lost(arrays: Arrays, _: Arrays) -> None:
        for name in ("residuals", "smallest", "smallest_errors", "largest"):
            arrays[name][7] = np.nan

    with pytest.raises(BuildError) as caught:
        residual_above_threshold(plant(lost, of=0), 1e-4)
    assert str(caught.value) == (
        "k=2 float64 on cpu, replicate 1 has no curvature at 1 steps where it was asked for, first at step 7: "
        "run again with --fresh."
    )


def test_what_was_not_recorded_is_not_judged(detailed: tuple[Build, Build], trained: Campaign) -> None:
    for check in (lambda build: residual_above_threshold(build, 1e-4), hessian_indefinite):
        with pytest.raises(BuildError) as caught:
            check(detailed[1])
        assert str(caught.value) == (
            "k=2 float64 on cpu+order:1, replicate 1 recorded no curvature: run again with --curvature-every=1."
        )
    with pytest.raises(BuildError, match="was to be compared with itself"):
        parts_after_release(detailed[0], detailed[0], 1, TOLERANCE)
    first, second = (trained.build(trained.original_device, 2, replicate) for replicate in (1, 2))
    assert not parts_after_release(first, second, 1, TOLERANCE).evidence
