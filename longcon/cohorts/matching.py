"""Brings two cohorts to the same probes in the same order."""

from __future__ import annotations

import numpy as np

from longcon.cohorts.cohort import Cohort
from longcon.errors import CohortError


def check_same_probes(reference: Cohort, prospective: Cohort) -> Cohort:
    """Returns ``prospective`` with its probes in the order of ``reference``'s.

    Args:
        reference: the cohort whose probes count.
        prospective: a cohort with the same set of probes, in any order.

    Raises:
        CohortError: a probe is in only one of the two.
    """
    if reference.probes == prospective.probes:
        return prospective
    _check_none_missing(reference, prospective)
    _check_none_missing(prospective, reference)
    row_of = {probe: row for row, probe in enumerate(prospective.probes)}
    betas = prospective.betas[np.array([row_of[probe] for probe in reference.probes], dtype=np.int64)]
    betas.flags.writeable = False
    return Cohort(
        prospective.name, prospective.cases, prospective.classes, prospective.materials, reference.probes, betas
    )


def _check_none_missing(whole: Cohort, part: Cohort) -> None:
    present = set(part.probes)
    missing = [probe for probe in whole.probes if probe not in present]
    if missing:
        named = ", ".join(missing[:3]) + (", ..." if len(missing) > 3 else "")
        raise CohortError(
            f"Cohort '{part.name}' lacks {len(missing)} of the {len(whole.probes)} probes of cohort '{whole.name}' "
            f"({named}); give tables of the same array and processing."
        )
