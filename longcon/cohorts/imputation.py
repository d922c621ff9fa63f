"""Fills missing betas with the training split's median of the probe, so that no hold-out case takes part."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from longcon.errors import CohortError

_CHUNK_VALUES = 2_000_000


def training_medians(betas: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """Returns the median of each probe's values that are not missing.

    Args:
        betas: the training cases' betas, (probes, cases), NaN = missing.

    Returns:
        float64, (probes,); NaN where a probe is missing in every case. The mean of the two middle values is one
        addition and an exact halving, so the bits are the same on every machine.
    """
    medians = np.empty(betas.shape[0])
    step = max(1, _CHUNK_VALUES // max(1, betas.shape[1]))
    for start in range(0, betas.shape[0], step):
        medians[start : start + step] = _medians(betas[start : start + step])
    return medians


def _medians(betas: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    if betas.shape[1] == 0:
        return np.full(betas.shape[0], np.nan)
    # Sorting puts NaN last, so a row's present values are its first ones.
    ordered = np.sort(betas, axis=1).astype(np.float64)
    present = np.count_nonzero(~np.isnan(ordered), axis=1)
    rows = np.arange(betas.shape[0])
    low = ordered[rows, np.maximum(present - 1, 0) // 2]
    high = ordered[rows, np.minimum(present // 2, betas.shape[1] - 1)]
    return np.where(present == 0, np.nan, (low + high) * 0.5)


def impute(betas: NDArray[np.floating[Any]], medians: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns ``betas`` with every missing value replaced by its probe's median.

    Args:
        betas: any cases' betas, (probes, cases), NaN = missing.
        medians: from ``training_medians`` of the same probes, (probes,).

    Returns:
        float64, (probes, cases), without NaN.

    Raises:
        CohortError: a value is missing of a probe that has no median, or the numbers of probes differ.
    """
    if medians.shape != betas.shape[:1]:
        raise CohortError(
            f"There are {medians.size} medians for {betas.shape[0]} probes; take both from the same selection."
        )
    filled = betas.astype(np.float64)
    missing = np.isnan(filled)
    without = np.isnan(medians) & missing.any(axis=1)
    if without.any():
        raise CohortError(
            f"Probe row {int(np.flatnonzero(without)[0])} is missing in every training case, so there is no median to "
            "fill it with; leave this probe out."
        )
    np.copyto(filled, medians[:, np.newaxis], where=missing)
    return filled
