"""Trainings whose course is wrong: parted early, near a saddle, or not recorded."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from longcon.builds import Build
from longcon.checks import hessian_indefinite, parts_after_release, residual_above_threshold
from longcon.protocol import Limits
from tests.planted.bench import ORDER, Bench, Tensors, altered
from tests.planted.defect import Defect, Found, decided

_TRAJECTORY = "trajectory.safetensors"
ORIGINAL = "k=2 float64 on cpu, replicate 1"
REBUILD = "k=2 float64 on cpu+order:1, replicate 1 against cpu"


def _parts_early(bench: Bench) -> Found:
    def change(tensors: Tensors) -> None:
        tensors["sketches"][200:] += np.random.default_rng(0).normal(size=256)
        tensors["digests"][200:] += np.uint64(1)

    rebuild = altered(bench.copy(ORDER), {_TRAJECTORY: change})
    return decided("LC-PQ-06", lambda: parts_after_release(bench.true(), rebuild, 6, Limits().sine_tolerance))


def _curved(bench: Bench, change: Callable[[Tensors], None]) -> Build:
    """Returns the original as if its curvature had been recorded at every 90th step, and then made wrong."""

    def recorded(tensors: Tensors) -> None:
        for name, value in (("residuals", 1.0), ("smallest", -0.5), ("smallest_errors", 1e-9), ("largest", 1.0)):
            tensors[name][::90] = value
        change(tensors)

    return altered(bench.copy(), {_TRAJECTORY: recorded}, lambda told: told["request"].update(curvature_every=90))


def _near_a_saddle(bench: Bench) -> Found:
    def change(tensors: Tensors) -> None:
        tensors["residuals"][180] = 2e-5

    build = _curved(bench, change)
    return decided("LC-PQ-07", lambda: residual_above_threshold(build, Limits().residual_threshold))


def _convex(bench: Bench) -> Found:
    def change(tensors: Tensors) -> None:
        tensors["smallest"][270] = 0.25

    build = _curved(bench, change)
    return decided("LC-PQ-08", lambda: hessian_indefinite(build))


def _curvature_lost(bench: Bench) -> Found:
    def change(tensors: Tensors) -> None:
        tensors["residuals"][90] = np.nan

    build = _curved(bench, change)
    return decided("LC-PQ-07", lambda: residual_above_threshold(build, Limits().residual_threshold))


DEFECTS = (
    Defect(
        "builds part before the release",
        "a rebuild's trajectory from its 200th state on",
        _parts_early,
        "LC-PQ-06",
        f"{REBUILD}: released epoch 6 of 6; the sine leaves 1.49e-08 for good in epoch 2, the builds part in epoch 2 "
        "(rapid); it is above the tolerance in 581 of 781 states up to the release, first in epoch 2. Likely cause: "
        "round-off grown in training; see python -m longcon divergence --k=2 on the same data, or try an earlier "
        "--release-epoch.",
    ),
    Defect(
        "a saddle neighbourhood",
        "the original's residual at one step",
        _near_a_saddle,
        "LC-PQ-07",
        f"{ORIGINAL}: residual below 1.0e-04 at 1 of 9 recorded steps (11.11%), 1 in 90 of all 780; least 2.00e-05, at "
        "minibatch 51 of epoch 2. How well that foretells a divergence is measured in docs/divergence.md.",
    ),
    Defect(
        "a Hessian that is not indefinite",
        "the original's smallest eigenvalue at one step",
        _convex,
        "LC-PQ-08",
        f"{ORIGINAL}: the smallest eigenvalue is negative for sure at 8 of 9 recorded steps, 1 in 90 of all 780; its "
        "largest upper bound is 2.50e-01 (|Hv - theta v| 1.0e-09), at minibatch 11 of epoch 3.",
    ),
    Defect(
        "a step whose curvature was lost",
        "the original's residual at a step where it was asked for",
        _curvature_lost,
        "LC-PQ-07",
        f"{ORIGINAL} has no curvature at 1 steps where it was asked for, first at step 90: run again with --fresh.",
    ),
)
