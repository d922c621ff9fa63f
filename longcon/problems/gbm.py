"""The GBM problem: seven methylation classes of glioblastoma, RTK I of clinical interest (paper, Section IV-B)."""

from __future__ import annotations

import shutil
import uuid
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from longcon.cohorts import (
    Cohort,
    CohortSource,
    check_same_probes,
    geo_sources,
    impute,
    m_values,
    select_features,
    simulate,
    stratified_split,
    training_medians,
)
from longcon.errors import CohortError
from longcon.problems.problem import ProblemData, Progress
from longcon.source import code_version
from longcon.training import PaperMethod

CLASSES = ("GBM, G34", "GBM, MES", "GBM, MID", "GBM, MYCN", "GBM, RTK I", "GBM, RTK II", "GBM, RTK III")
TARGET = "GBM, RTK I"
CLIP = 1e-3


@dataclass(frozen=True)
class GbmProblem(PaperMethod):
    """The paper's classification problem, on GEO's files or on simulated ones; model and training are the paper's.

    Attributes:
        features: how many probes the network sees; those of largest standard deviation on the training split.
        workspace: folder for simulated files and for what was parsed.
        folder: folder of GEO's files; None to simulate them.
        seed: of the simulation and of the split.
    """

    features: int
    workspace: Path
    folder: Path | None = None
    seed: int = 0

    @property
    def name(self) -> str:
        """The name in reports."""
        return "GBM methylation classes, " + ("GSE90496 and GSE109379" if self.folder else "simulated")

    def data(self, progress: Progress) -> ProblemData:
        """Returns the data to train and judge on (paper, Sections IV-B to IV-D).

        Raises:
            CohortError: the files cannot be used.
        """
        folder = self.folder or self._simulated(progress)
        first, second = geo_sources(folder)
        reference = self._read(first, progress)
        prospective = check_same_probes(reference, self._read(second, progress))
        split = stratified_split(reference.classes, self.seed)
        selected = select_features(reference.betas[:, split.training], reference.probes, self.features)
        medians = training_medians(reference.betas[np.ix_(selected, split.training)])
        known = m_values(impute(reference.betas[selected], medians), CLIP)
        new = m_values(impute(prospective.betas[selected], medians), CLIP)
        labels = np.array([CLASSES.index(name) for name in reference.classes], dtype=np.int64)
        values = np.ascontiguousarray(known.values.T)
        return ProblemData(
            problem=self.name,
            classes=CLASSES,
            target=TARGET,
            training=values[split.training],
            training_labels=labels[split.training],
            training_cases=tuple(reference.cases[i] for i in split.training),
            holdout=values[split.holdout],
            holdout_labels=labels[split.holdout],
            holdout_cases=tuple(reference.cases[i] for i in split.holdout),
            prospective=np.ascontiguousarray(new.values.T),
            prospective_cases=prospective.cases,
            facts={
                "simulated": self.folder is None,
                "reference_digest": reference.digest,
                "prospective_digest": prospective.digest,
                "probes": len(reference.probes),
                "features": self.features,
                "seed": self.seed,
                "clip": CLIP,
                "clipped": {"reference": known.clipped, "prospective": new.clipped},
                "imputed": {
                    "reference": int(np.isnan(reference.betas[selected]).sum()),
                    "prospective": int(np.isnan(prospective.betas[selected]).sum()),
                },
            },
        )

    def _read(self, source: CohortSource, progress: Progress) -> Cohort:
        return source.read(
            CLASSES,
            cache=self.workspace / "parsed",
            progress=lambda done, total: progress(f"reading {source.name}", done, total),
        )

    def _simulated(self, progress: Progress) -> Path:
        """Returns the folder of simulated files, writing them when they are not there yet."""
        probes = self.features + self.features // 5
        final = self.workspace / f"simulated-{self.seed}-{probes}-{code_version()[:12]}"
        if not final.is_dir():
            aside = final.with_name(f".{final.name}.{uuid.uuid4().hex}")
            try:
                simulate(
                    aside,
                    seed=self.seed,
                    probes=probes,
                    progress=lambda done, total: progress("simulating the cohorts", done, total),
                )
                aside.rename(final)
            except OSError as error:
                if not final.is_dir():  # else another process was faster, with the same bytes
                    raise CohortError(
                        f"{final} could not be written ({error.strerror}): make room or rights there, or give --store."
                    ) from error
            finally:
                shutil.rmtree(aside, ignore_errors=True)
        return final
