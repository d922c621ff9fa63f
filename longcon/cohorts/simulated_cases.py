"""The simulated cases: who is in each cohort, of which class and material, and where in the latent space.

Every number here comes from integer draws and single correctly rounded operations, so that a seed means the same cases
on every machine: the Cholesky factor is taken in plain Python floats and products are loops over the twelve axes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from longcon.cohorts.calibration import Calibration
from longcon.draws import Draws

CENTROID_SCALE = 1.06
"""Factor on the class centroids, set by the calibration's difficulty targets and by nothing else.

Over seeds 0 to 11, at 5,000 of 6,000 probes, five-fold accuracies are 0.882 (kNN), 0.909 (LDA) and 0.916 (logistic
regression) on average, with a standard deviation of 0.02 between seeds: that of 347 cases.
"""

OTHER_CLASSES = {"PIN T,  PB A": 12, "CONTR, HEMI": 8}
"""Classes outside the GBM family, with their cases in each cohort; one name holds two spaces, as on GEO."""

CASES_PER_SLIDE = 12
PROSPECTIVE_FFPE_SHARE = 0.95
HEAVY_MISSING_SHARE = 0.06
_OTHER_CENTROID_SPREAD = 30.0


@dataclass(frozen=True)
class SimulatedCases:
    """The cases of one simulated cohort, in the order of their columns.

    Attributes:
        classes: methylation class of each case.
        ffpe: whether the case is formalin-fixed, (cases,).
        latent: coordinates on the latent axes, (axes, cases), in the calibration's beta units.
        purity: share of tumour, Beta(8, 3), (cases,).
        slide: index of the slide, (cases,).
        missing_rate: probability that a value is missing, (cases,).
    """

    classes: tuple[str, ...]
    ffpe: NDArray[np.bool_]
    latent: NDArray[np.float64]
    purity: NDArray[np.float64]
    slide: NDArray[np.int64]
    missing_rate: NDArray[np.float64]


def reference_cases(calibration: Calibration, seed: int) -> SimulatedCases:
    """Returns the reference cohort's cases, with the calibration's exact counts of classes and FFPE among them."""
    classes, order = _roster(calibration, calibration.reference_counts, seed, "reference")
    fixed: list[bool] = []
    for count, ffpe in zip(calibration.reference_counts, calibration.reference_ffpe_counts, strict=True):
        # Which of a class are FFPE need not be drawn: the cases of a class are exchangeable.
        fixed += [True] * ffpe + [False] * (count - ffpe)
    for count in OTHER_CLASSES.values():
        fixed += [case % 2 == 0 for case in range(count)]
    ffpe_cases = np.array(fixed, dtype=np.bool_)[order]
    return _draw_cases(calibration, classes, ffpe_cases, seed, "reference")


def prospective_cases(calibration: Calibration, seed: int) -> SimulatedCases:
    """Returns the prospective cohort's cases, nearly all of them FFPE."""
    classes, _ = _roster(calibration, calibration.prospective_counts, seed, "prospective")
    ffpe = Draws(seed, "prospective/material").uniform(len(classes)) < PROSPECTIVE_FFPE_SHARE
    return _draw_cases(calibration, classes, ffpe, seed, "prospective")


def _roster(
    calibration: Calibration, counts: tuple[int, ...], seed: int, cohort: str
) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    listed = [name for name, count in zip(calibration.classes, counts, strict=True) for _ in range(count)]
    listed += [name for name, count in OTHER_CLASSES.items() for _ in range(count)]
    order = Draws(seed, f"{cohort}/order").permutation(len(listed))
    return tuple(listed[case] for case in order), order


def _draw_cases(
    calibration: Calibration, classes: tuple[str, ...], ffpe: NDArray[np.bool_], seed: int, cohort: str
) -> SimulatedCases:
    count = len(classes)
    # The 8th smallest of ten uniform draws is distributed as Beta(8, 3), exactly and without a transcendental function.
    purity = np.sort(Draws(seed, f"{cohort}/purity").uniform(count, 10), axis=1)[:, 7]
    return SimulatedCases(
        classes=classes,
        ffpe=ffpe,
        latent=_latent(calibration, classes, seed, cohort),
        purity=purity,
        slide=np.arange(count, dtype=np.int64) // CASES_PER_SLIDE,
        missing_rate=_missing_rates(ffpe, seed, cohort),
    )


def _latent(calibration: Calibration, classes: tuple[str, ...], seed: int, cohort: str) -> NDArray[np.float64]:
    axes = calibration.centroids.shape[1]
    centre = {
        name: centroid * CENTROID_SCALE
        for name, centroid in zip(calibration.classes, calibration.centroids, strict=True)
    }
    spread = {
        name: math.sqrt(scale) for name, scale in zip(calibration.classes, calibration.variance_scales, strict=True)
    }
    for name in OTHER_CLASSES:
        centre[name] = (Draws(seed, f"centroid/{name}").uniform(axes) - 0.5) * _OTHER_CENTROID_SPREAD
        spread[name] = 1.0
    factor = cholesky(calibration.covariance.tolist())
    independent = Draws(seed, f"{cohort}/latent").normal(axes, len(classes))
    scale = np.array([spread[name] for name in classes])
    latent = np.array([centre[name] for name in classes]).T.copy()
    for row in range(axes):
        deviation = np.zeros(len(classes))
        for column in range(row + 1):
            deviation = deviation + factor[row][column] * independent[column]
        latent[row] = latent[row] + scale * deviation
    return latent


def _missing_rates(ffpe: NDArray[np.bool_], seed: int, cohort: str) -> NDArray[np.float64]:
    level, tail, heavy = Draws(seed, f"{cohort}/missing rate").uniform(3, ffpe.size)
    usual = 0.005 + 0.025 * level
    # Squaring puts most of the tail near its lower end, and few cases near 30 %.
    poor = 0.03 + 0.27 * (tail * tail)
    return np.asarray(np.where(ffpe & (heavy < HEAVY_MISSING_SHARE), poor, usual), dtype=np.float64)


def cholesky(matrix: list[list[float]]) -> list[list[float]]:
    """Returns the lower Cholesky factor of a positive definite ``matrix``, in a fixed order of operations.

    LAPACK's factor depends on the machine in its last bits; at twelve axes plain floats cost nothing.
    """
    size = len(matrix)
    factor = [[0.0] * size for _ in range(size)]
    for row in range(size):
        for column in range(row + 1):
            rest = matrix[row][column]
            for inner in range(column):
                rest = rest - factor[row][inner] * factor[column][inner]
            factor[row][column] = math.sqrt(rest) if row == column else rest / factor[column][column]
    return factor
