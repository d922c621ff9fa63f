"""Reads a cohort from GEO's two files, the series matrix and the table of betas; simulated files look the same.

Sources: GSE90496 (the reference cohort) and GSE109379 (the prospective one) of Capper et al. 2018.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from longcon.cohorts.beta_table import read_beta_table
from longcon.cohorts.cohort import Cohort
from longcon.cohorts.cohort_cache import CacheKey, load_cohort, save_cohort
from longcon.cohorts.series_matrix import normal_space, read_series_matrix
from longcon.cohorts.text_stream import Progress, file_digest
from longcon.errors import CohortError


def read_cohort(
    series_matrix: Path,
    table: Path,
    classes: Sequence[str],
    *,
    name: str,
    cache: Path | None = None,
    detection_limit: float = 0.01,
    progress: Progress | None = None,
) -> Cohort:
    """Reads the cases of the wanted classes.

    Args:
        series_matrix: the ``*_series_matrix.txt.gz`` with the metadata.
        table: the table of betas and detection p-values, ``.txt.gz`` or ``.txt``.
        classes: methylation classes to read, as the file names them; they match exactly, but for runs of white space,
            which count as one space here and in the cohort.
        name: what the cohort is called in reports.
        cache: a folder to keep the parsed matrix in; later calls with the same two files (by their SHA-256), classes
            and limit read it from there.
        detection_limit: a beta whose detection p-value is above it, or missing, becomes NaN.
        progress: called with (bytes of the table read, bytes of the table) while it is parsed.

    Returns:
        The cohort; cases are GEO accessions, in the order of the series matrix.

    Raises:
        CohortError: a file is missing, truncated, damaged or not as GEO publishes it, or has no sample of a class.
    """
    if not 0.0 < detection_limit <= 1.0:
        raise CohortError(f"A detection limit of {detection_limit:g} is out of range; give one above 0, at most 1.")
    metadata = read_series_matrix(series_matrix)
    samples = metadata.of_classes(classes, series_matrix.name)
    sorted_classes = tuple(sorted({normal_space(one) for one in classes}))
    if cache is not None and any(cache.glob("cohort-*.json")):
        key = CacheKey(metadata.digest, file_digest(table), sorted_classes, detection_limit)
        cached = load_cohort(cache, key, name)
        if cached is not None:
            return cached
    read = read_beta_table(table, samples, len(metadata.samples), detection_limit, progress)
    cohort = Cohort(
        name=name,
        cases=tuple(sample.accession for sample in samples),
        classes=tuple(sample.methylation_class for sample in samples),
        materials=tuple(sample.material for sample in samples),
        probes=read.probes,
        betas=read.betas,
    )
    if cache is not None:
        save_cohort(cache, CacheKey(metadata.digest, read.digest, sorted_classes, detection_limit), cohort)
    return cohort


@dataclass(frozen=True)
class CohortSource:
    """Where a cohort is read from.

    Attributes:
        name: what the cohort is called in reports.
        series_matrix: the file with the metadata.
        table: the file with the betas.
    """

    name: str
    series_matrix: Path
    table: Path

    def read(
        self,
        classes: Sequence[str],
        *,
        cache: Path | None = None,
        detection_limit: float = 0.01,
        progress: Progress | None = None,
    ) -> Cohort:
        """Returns ``read_cohort`` of this source."""
        return read_cohort(
            self.series_matrix,
            self.table,
            classes,
            name=self.name,
            cache=cache,
            detection_limit=detection_limit,
            progress=progress,
        )


def geo_sources(folder: Path) -> tuple[CohortSource, CohortSource]:
    """Returns the reference and the prospective source in ``folder``, named as on GEO and by the simulator.

    A file may stand there compressed (``.txt.gz``) or not (``.txt``).
    """
    names = {"GSE90496": "GSE90496_beta", "GSE109379": "GSE109379_processed_data"}
    reference, prospective = (
        CohortSource(series, _file(folder, f"{series}_series_matrix"), _file(folder, table))
        for series, table in names.items()
    )
    return reference, prospective


def _file(folder: Path, name: str) -> Path:
    plain, compressed = folder / f"{name}.txt", folder / f"{name}.txt.gz"
    return plain if plain.exists() and not compressed.exists() else compressed
