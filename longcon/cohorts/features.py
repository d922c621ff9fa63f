"""Selects the probes that vary most over the training cases (paper, Section III; Capper et al. 2018)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from longcon.cohorts.imputation import impute, training_medians
from longcon.errors import CohortError

_CHUNK_VALUES = 2_000_000


def select_features(betas_training: NDArray[np.floating[Any]], probes: Sequence[str], count: int) -> NDArray[np.int64]:
    """Returns the rows of the ``count`` probes whose beta has the largest standard deviation.

    Missing values are first replaced by the probe's median. A probe that is missing in every case cannot be selected.

    Args:
        betas_training: betas of the training cases only, (probes, cases), NaN = missing.
        probes: name of each row.
        count: how many to select, at least 1.

    Returns:
        int64, (count,), largest standard deviation first and ties by name, whatever the order of the rows.

    Raises:
        CohortError: more probes are asked for than can be selected, or the numbers of names and rows differ.
    """
    if len(probes) != betas_training.shape[0]:
        raise CohortError(
            f"There are {len(probes)} probe names for {betas_training.shape[0]} rows of betas; give one name per row."
        )
    deviations = _standard_deviations(betas_training)
    available = np.flatnonzero(~np.isnan(deviations))
    if not 1 <= count <= available.size:
        raise CohortError(
            f"{count} features are asked for where {available.size} probes have values in the training cases; "
            f"ask for 1 to {available.size}."
        )
    names = np.array(probes, dtype=np.str_)[available]
    order = np.lexsort((names, -deviations[available]))
    return np.asarray(available[order[:count]], dtype=np.int64)


def _standard_deviations(betas: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    deviations = np.empty(betas.shape[0])
    step = max(1, _CHUNK_VALUES // max(1, betas.shape[1]))
    for start in range(0, betas.shape[0], step):
        rows = betas[start : start + step]
        medians = training_medians(rows)
        present = ~np.isnan(medians)
        chunk = np.full(rows.shape[0], np.nan)
        chunk[present] = _ordered_deviations(impute(rows[present], medians[present]))
        deviations[start : start + step] = chunk
    return deviations


def _ordered_deviations(betas: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns the population standard deviation of each row, adding case after case.

    numpy's own sum splits a row over as many SIMD lanes as the processor has, and so its last bits - and with them
    which of two nearly equal probes is selected - depend on the machine. Here each step adds one case to all probes:
    however many lanes do so, each probe's additions are the same.
    """
    cases = np.ascontiguousarray(betas.T)
    total = np.zeros(betas.shape[0])
    for case in cases:
        total = total + case
    mean = total / betas.shape[1]
    squares = np.zeros(betas.shape[0])
    for case in cases:
        deviation = case - mean
        squares = squares + deviation * deviation
    return np.asarray(np.sqrt(squares / betas.shape[1]), dtype=np.float64)
