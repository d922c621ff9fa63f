"""The geometry of the GBM family's seven methylation classes, as measured on the 347 reference cases of GSE90496.

Source: summary statistics of Capper et al. 2018's reference cohort in its first 12 principal axes; the numbers stand in
``gbm_family.json`` beside this file, which names their units.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib import resources

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Calibration:
    """What the simulator imitates.

    Attributes:
        classes: the seven methylation classes.
        reference_counts: cases of each class in the reference cohort.
        reference_ffpe_counts: how many of them are formalin-fixed.
        prospective_counts: cases of each class in the prospective cohort.
        centroids: class means, (classes, axes), in beta units over ``source_probes`` probes with unit-norm loadings.
        covariance: pooled within-class covariance, (axes, axes), same units squared.
        variance_scales: factor on ``covariance`` for each class.
        source_probes: number of probes over which the latent axes have unit norm.
        quantiles: probability and beta of the baseline profile, (points, 2).
        residual_sd: standard deviation of beta that the latent axes leave unexplained.
        difficulty: the range of five-fold accuracy to be reached, by name of the reference classifier.
    """

    classes: tuple[str, ...]
    reference_counts: tuple[int, ...]
    reference_ffpe_counts: tuple[int, ...]
    prospective_counts: tuple[int, ...]
    centroids: NDArray[np.float64]
    covariance: NDArray[np.float64]
    variance_scales: NDArray[np.float64]
    source_probes: int
    quantiles: NDArray[np.float64]
    residual_sd: float
    difficulty: dict[str, tuple[float, float]]


def gbm_family() -> Calibration:
    """Returns the calibration of the GBM family that ships with this package."""
    text = resources.files("longcon.cohorts").joinpath("gbm_family.json").read_text(encoding="utf-8")
    entry = json.loads(text)
    quantiles = entry["baseline_beta_quantiles"]
    return Calibration(
        classes=tuple(entry["classes"]),
        reference_counts=tuple(entry["reference_counts"]),
        reference_ffpe_counts=tuple(entry["reference_ffpe_counts"]),
        prospective_counts=tuple(entry["prospective_counts"]),
        centroids=np.array(entry["class_centroids"], dtype=np.float64),
        covariance=np.array(entry["pooled_within_class_covariance"], dtype=np.float64),
        variance_scales=np.array(entry["within_class_variance_scale"], dtype=np.float64),
        source_probes=int(entry["probes_of_source"]),
        quantiles=np.array([quantiles["probability"], quantiles["beta"]], dtype=np.float64).T,
        residual_sd=float(entry["residual_beta_sd"]),
        difficulty={name: (low, high) for name, (low, high) in entry["difficulty_targets_5fold_accuracy"].items()},
    )
