"""Simulates the reference and the prospective cohort of the GBM family, as files in GEO's own layout.

A beta value is baseline + loadings x latent coordinates of its case, mixed toward normal tissue by the case's purity,
shifted if the case is formalin-fixed, moved by its slide and by noise. The geometry is that of ``gbm_family.json``, and
five-fold accuracies on it lie in the ranges named there: the seven classes are as hard to tell apart as the real ones.

A seed means the same text on every machine: draws are integers, and everything made of them takes one correctly rounded
operation at a time - no exp, no log, no matrix product, whose last bits depend on the processor.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from longcon.cohorts.calibration import Calibration, gbm_family
from longcon.cohorts.geo_files import BetaTableWriter, SampleEntry, write_series_matrix
from longcon.cohorts.simulated_cases import SimulatedCases, prospective_cases, reference_cases
from longcon.cohorts.simulated_probes import BLOCK, SimulatedProbes, draw_probes
from longcon.draws import Draws
from longcon.errors import CohortError

REFERENCE_SERIES = "GSE90496_series_matrix.txt.gz"
REFERENCE_TABLE = "GSE90496_beta.txt.gz"
PROSPECTIVE_SERIES = "GSE109379_series_matrix.txt.gz"
PROSPECTIVE_TABLE = "GSE109379_processed_data.txt.gz"

SLIDE_SD_M = 0.05
"""Standard deviation of a slide's effect on a probe, in M-values."""

MOST_PROBES = 2_000_000

_LN2 = math.log(2.0)
_DETECTION_LIMIT = 0.01


@dataclass(frozen=True)
class _Layout:
    """How one of the two series is published."""

    series: str
    metadata: str
    table: str
    set_name: str
    first_accession: int
    extra: tuple[str, ...]
    ffpe: str
    frozen: str


_REFERENCE = _Layout("GSE90496", REFERENCE_SERIES, REFERENCE_TABLE, "reference set", 2402854, (), "FFPE", "Frozen")
_PROSPECTIVE = _Layout(
    "GSE109379",
    PROSPECTIVE_SERIES,
    PROSPECTIVE_TABLE,
    "validation set",
    2940745,
    ("tissue: brain tumor",),
    "DNA_FFPE",
    "DNA_KRYO",
)


def simulate(folder: Path, *, seed: int, probes: int, progress: Callable[[int, int], None] | None = None) -> None:
    """Writes the four files of a simulated reference and prospective cohort into ``folder``.

    Args:
        folder: made if absent; files of the same names are replaced.
        seed: any non-negative integer; the same seed gives the same text on every machine.
        probes: number of probes, 1 to ``MOST_PROBES``; the first n probes are the same whatever the number.
        progress: called with (tables' probes written, tables' probes to write).

    Raises:
        CohortError: ``seed`` or ``probes`` is out of range, or ``folder`` cannot be written.
    """
    if not 1 <= probes <= MOST_PROBES:
        raise CohortError(f"{probes} probes cannot be simulated; ask for 1 to {MOST_PROBES}.")
    if seed < 0:
        raise CohortError(f"seed {seed} is negative; give a whole number from 0 on.")
    calibration = gbm_family()
    cohorts = (
        (_REFERENCE, reference_cases(calibration, seed)),
        (_PROSPECTIVE, prospective_cases(calibration, seed)),
    )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for index, (layout, cases) in enumerate(cohorts):
            _write_metadata(folder, layout, cases)
            _write_table(
                folder, layout, cases, calibration, seed=seed, probes=probes, before=index * probes, progress=progress
            )
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise CohortError(f"{folder}: the simulated cohorts cannot be written ({reason}); choose another.") from error


def _write_metadata(folder: Path, layout: _Layout, cases: SimulatedCases) -> None:
    samples = []
    for index, (name, fixed) in enumerate(zip(cases.classes, cases.ffpe.tolist(), strict=True)):
        cells = (f"methylation class: {name}", f"material: {layout.ffpe if fixed else layout.frozen}")
        title = f"{name}, sample {index + 1} [{layout.set_name}]"
        samples.append(SampleEntry(f"GSM{layout.first_accession + index}", title, (*layout.extra, *cells)))
    write_series_matrix(folder / layout.metadata, layout.series, f"Simulated {layout.set_name}", samples)


def _write_table(
    folder: Path,
    layout: _Layout,
    cases: SimulatedCases,
    calibration: Calibration,
    *,
    seed: int,
    probes: int,
    before: int,
    progress: Callable[[int, int], None] | None,
) -> None:
    with BetaTableWriter(folder / layout.table, len(cases.classes)) as table:
        for block in range(-(-probes // BLOCK)):
            drawn = draw_probes(calibration, seed, block)
            noise = Draws(seed, f"{layout.series}/values/{block}")
            betas = simulated_betas(calibration, drawn, cases, noise)
            p_values, empty, na = _detection(cases, noise)
            kept = slice(0, min(BLOCK, probes - block * BLOCK))
            table.write(drawn.numbers[kept], betas[kept], p_values[kept], empty[kept], na[kept])
            if progress is not None:
                progress(before + block * BLOCK + kept.stop, 2 * probes)


def simulated_betas(
    calibration: Calibration, probes: SimulatedProbes, cases: SimulatedCases, noise: Draws
) -> NDArray[np.float64]:
    """Returns the betas of one block of ``probes`` for all ``cases``, (probes, cases), in [0, 1]."""
    baseline = probes.baseline[:, np.newaxis]
    spread = probes.spread[:, np.newaxis]
    control = probes.control[:, np.newaxis]
    deviation = np.zeros((probes.baseline.size, cases.purity.size))
    for loading, coordinate in zip(probes.loadings, cases.latent, strict=True):
        deviation += loading[:, np.newaxis] * coordinate
    mixed = control + cases.purity * ((baseline + deviation) - control)
    mixed += np.where(cases.ffpe, probes.ffpe_shift[:, np.newaxis], 0.0)
    # To first order, a change dM of the M-value log2(b / (1 - b)) changes beta by ln 2 b (1 - b) dM.
    slides = SLIDE_SD_M * noise.normal(probes.baseline.size, int(cases.slide.max()) + 1)
    mixed += (_LN2 * (baseline * (1.0 - baseline))) * slides[:, cases.slide]
    mixed += (calibration.residual_sd * spread) * noise.normal(*mixed.shape)
    return np.maximum(np.minimum(mixed, 1.0), 0.0)


def _detection(cases: SimulatedCases, noise: Draws) -> tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_]]:
    """Draws p-values and missing cells: half of what is missing is undetected, a quarter each empty and NA."""
    shape = (BLOCK, cases.purity.size)
    fate = noise.uniform(*shape)
    level = noise.uniform(*shape)
    undetected = fate < cases.missing_rate * 0.5
    empty = ~undetected & (fate < cases.missing_rate * 0.75)
    na = ~undetected & ~empty & (fate < cases.missing_rate)
    # As in real tables, nearly every p-value is too small to show.
    detected = np.maximum(level - 0.9, 0.0) * (0.9 * 10 * _DETECTION_LIMIT)
    p_values = np.where(undetected, 0.02 + 0.98 * level, detected)
    return p_values, empty, na
