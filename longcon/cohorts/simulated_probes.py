"""The simulated probes: baseline, loadings on the latent axes, and what fixation and normal tissue do to each.

Both cohorts share these. Probes are drawn in blocks of fixed size from streams named after the block, so that memory
stays bounded and a block does not depend on how many follow it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from longcon.cohorts.calibration import Calibration
from longcon.draws import Draws

BLOCK = 256
"""Probes drawn at once; part of what a seed means."""

SPREAD = 5.65
"""Factor on b(1 - b), which makes a probe's spread fall towards 0 and 1; its mean square over baselines is near 1."""

ACTIVE_SHARE = 0.3
CONTROL_SD = 0.08

FFPE_SHIFT_QUANTILES = np.array([[0.0, -0.025], [0.2, 0.0], [0.5, 0.011], [0.94, 0.05], [1.0, 0.12]])
FFPE_SHIFT_QUANTILES.flags.writeable = False

_IDENTIFIER_GAP = 40


@dataclass(frozen=True)
class SimulatedProbes:
    """One block of probes.

    Attributes:
        numbers: the number in each probe's name ``cg%08d``, ascending, (probes,).
        baseline: the family's mean beta, (probes,).
        spread: standard deviation of a probe relative to the average probe, (probes,).
        loadings: change of beta for one unit on each latent axis, (axes, probes).
        ffpe_shift: change of beta by fixation, the same in every class, (probes,).
        control: beta of the normal tissue that impure samples contain, (probes,).
    """

    numbers: NDArray[np.int64]
    baseline: NDArray[np.float64]
    spread: NDArray[np.float64]
    loadings: NDArray[np.float64]
    ffpe_shift: NDArray[np.float64]
    control: NDArray[np.float64]


def draw_probes(calibration: Calibration, seed: int, block: int) -> SimulatedProbes:
    """Returns the ``block``-th block of ``BLOCK`` probes."""
    axes = calibration.centroids.shape[1]
    draws = Draws(seed, f"probes/{block}")
    baseline = interpolate(draws.uniform(BLOCK), calibration.quantiles)
    spread = SPREAD * (baseline * (1.0 - baseline))
    active = draws.uniform(axes, BLOCK) < ACTIVE_SHARE
    # A product of two normals has an excess kurtosis of 6: a few probes carry much of each axis.
    heavy = draws.normal(axes, BLOCK) * draws.normal(axes, BLOCK)
    unit = 1.0 / math.sqrt(ACTIVE_SHARE * calibration.source_probes)
    loadings = np.where(active, heavy, 0.0) * unit * spread
    shift = interpolate(draws.uniform(BLOCK), FFPE_SHIFT_QUANTILES)
    # Half the room that is left, so that fixation alone never saturates a probe.
    shift = np.maximum(np.minimum(shift, (1.0 - baseline) * 0.5), baseline * -0.5)
    control = np.maximum(np.minimum(baseline + CONTROL_SD * (spread * draws.normal(BLOCK)), 1.0), 0.0)
    # Gaps within each probe's own slot keep names unique, ascending and independent of the number of probes.
    gaps = (draws.words(BLOCK) % np.uint64(_IDENTIFIER_GAP)).astype(np.int64)
    numbers = (block * BLOCK + np.arange(BLOCK, dtype=np.int64)) * _IDENTIFIER_GAP + gaps
    return SimulatedProbes(numbers, baseline, spread, loadings, shift, control)


def interpolate(probability: NDArray[np.float64], quantiles: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns the quantile function through the points (probability, value) at each ``probability``.

    Below the first and above the last point it is constant. np.interp may contract its product and sum on some
    processors; here each is rounded by itself.
    """
    value = np.full(probability.shape, quantiles[0, 1])
    for (start, low), (end, high) in zip(quantiles[:-1].tolist(), quantiles[1:].tolist(), strict=True):
        inside = probability >= start
        slope = (high - low) / (end - start)
        value = np.where(inside, low + np.minimum(probability - start, end - start) * slope, value)
    return value
