"""The catalogue of requirements: what must hold before a classifier is released.

Its entries drive the parametrization of validation/, the verdict and the rows of the report.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Scope = Literal["k", "device", "rebuild"]


@dataclass(frozen=True)
class Requirement:
    """One thing that must hold.

    Attributes:
        id: LC, phase (IQ installation, OQ operation, PQ performance) and number.
        statement: what must hold, in one sentence.
        source: where it comes from.
        criterion: how it is decided.
        scope: what it is decided for, at every k: ``"k"`` once, every ``"device"``, or every ``"rebuild"``, that is
            every device but the original's.
        least_k: smallest minibatch to which it applies.
        most_k: largest minibatch to which it applies; None for any.
        portable_only: whether it applies to portable arithmetic alone.
        compares_devices: whether it takes a difference for one of devices. Where it does, an order surrogate is left
            out in portable arithmetic: the order of sums is part of that arithmetic, so another order is another
            computation, not another device.
        needs_curvature: whether it is decided only in runs that record the curvature.
        gating: whether the verdict depends on it; if not, it is advisory: measured and reported.
    """

    id: str
    statement: str
    source: str
    criterion: str
    scope: Scope
    least_k: int = 1
    most_k: int | None = None
    portable_only: bool = False
    compares_devices: bool = False
    needs_curvature: bool = False
    gating: bool = True

    def applies_to(self, k: int, arithmetic: str) -> bool:
        """Whether it applies to a minibatch of ``k`` cases in an arithmetic."""
        fits = self.least_k <= k and (self.most_k is None or k <= self.most_k)
        return fits and (arithmetic == "portable" or not self.portable_only)


CATALOGUE: tuple[Requirement, ...] = (
    Requirement(
        "LC-IQ-01",
        "Every build was trained under deterministic settings that were in force.",
        "Breuer, Furtado, Orr, Section IV-E",
        "the settings that the training process read back equal the required ones",
        scope="device",
    ),
    Requirement(
        "LC-IQ-02",
        "The devices compared do not all compute alike.",
        "Breuer, Furtado, Orr, Section IV-E: only the hardware differs between builds",
        "at least one device's fingerprint differs from the original device's",
        scope="k",
    ),
    Requirement(
        "LC-OQ-01",
        "Training starts from the same network on every device.",
        "Breuer, Furtado, Orr, Section IV-E, step 3a",
        "initial states identical in every bit",
        scope="rebuild",
    ),
    Requirement(
        "LC-OQ-02",
        "Training again on the same device gives the same network.",
        "Breuer, Furtado, Orr, Section IV-F",
        "states of both replicates identical in every bit at every recorded epoch",
        scope="device",
    ),
    Requirement(
        "LC-OQ-03",
        "Portable arithmetic gives the same network on every device.",
        "longcon, portable arithmetic: single correctly rounded operations (IEEE 754) in a fixed order",
        "states and scores identical in every bit at every recorded epoch, k = 1 too",
        scope="rebuild",
        portable_only=True,
        compares_devices=True,
    ),
    Requirement(
        "LC-PQ-01",
        "A rebuild on another device has the same parameters up to round-off (k of 2 and more).",
        "Breuer, Furtado, Orr, Sections IV-E and IV-G",
        "vector sine at the released epoch at most the tolerance",
        scope="rebuild",
        least_k=2,
        compares_devices=True,
    ),
    Requirement(
        "LC-PQ-02",
        "How far a rebuild departs is known (k = 1, or another order of portable sums).",
        "Breuer, Furtado, Orr, Section IV-G",
        "vector sine at the released epoch measured and reported",
        scope="rebuild",
        most_k=1,
        gating=False,
    ),
    Requirement(
        "LC-PQ-03",
        "A rebuild on another device makes the same calls.",
        "Breuer, Furtado, Orr, Section II-B",
        "discrepancy rate among cases conclusive in both builds at most 1 - p, by its upper bound when asked for",
        scope="rebuild",
        compares_devices=True,
    ),
    Requirement(
        "LC-PQ-04",
        "All builds together are longitudinally consistent.",
        "Breuer, Furtado, Orr, Section II-B",
        "discrepancy rate among cases conclusive in all builds at most 1 - p, by its upper bound when asked for",
        scope="k",
    ),
    Requirement(
        "LC-PQ-05",
        "The cut-off makes no false positive call of the target class on the hold-out.",
        "Breuer, Furtado, Orr, Section IV-F",
        "precision 1 at tau in the original build, with its recall",
        scope="k",
    ),
    Requirement(
        "LC-PQ-06",
        "A rebuild on another device parts from the original only after the released epoch.",
        "Breuer, Furtado, Orr, Section IV-G and Figure 2",
        "vector sine at most the tolerance at every step up to the released epoch, with the onset of divergence",
        scope="rebuild",
        compares_devices=True,
        gating=False,
    ),
    Requirement(
        "LC-PQ-07",
        "Training keeps away from saddle neighbourhoods.",
        "Breuer, Furtado, Orr, Section IV-G and Figure 2",
        "gradient-annihilation residual above the threshold at every step whose curvature was recorded",
        scope="k",
        needs_curvature=True,
        gating=False,
    ),
    Requirement(
        "LC-PQ-08",
        "The Hessian is indefinite, as the paper found it at every step.",
        "Breuer, Furtado, Orr, equation 3 and Section IV-G",
        "upper bound of its smallest eigenvalue below 0 at every step whose curvature was recorded",
        scope="k",
        needs_curvature=True,
        gating=False,
    ),
)
