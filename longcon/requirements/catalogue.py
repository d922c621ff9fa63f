"""The catalogue of requirements: what must hold before a classifier is released.

Its entries drive the parametrization of validation/, the verdict, the rows of the report and docs/requirements.md.
"""

from __future__ import annotations

from longcon.requirements.requirement import Requirement

CATALOGUE: tuple[Requirement, ...] = (
    Requirement(
        "LC-IQ-01",
        "Every build was trained under deterministic settings that were in force.",
        "Two builds can be compared only if hardware is all that differs between them. A library that was free to "
        "choose another algorithm would make every later comparison meaningless.",
        "Breuer, Furtado, Orr, Section IV-E",
        "the settings that the training process read back equal the required ones",
        scope="device",
    ),
    Requirement(
        "LC-IQ-02",
        "The devices compared do not all compute alike.",
        "Agreement between devices that compute alike proves nothing. At least one device must round differently, "
        "or the comparison would pass by construction.",
        "Breuer, Furtado, Orr, Section IV-E: only the hardware differs between builds",
        "at least one device's fingerprint differs from the original device's",
        scope="k",
    ),
    Requirement(
        "LC-OQ-01",
        "Training starts from the same network on every device.",
        "Networks that start apart end apart. A difference at the start would be mistaken for one that training made.",
        "Breuer, Furtado, Orr, Section IV-E, step 3a",
        "initial states identical in every bit",
        scope="rebuild",
    ),
    Requirement(
        "LC-OQ-02",
        "Training again on the same device gives the same network.",
        "If the same device cannot repeat its own training, no difference between devices can be attributed to the "
        "devices. The laboratory could then not rebuild the classifier even on the machine that made it.",
        "Breuer, Furtado, Orr, Section IV-F",
        "states of both replicates identical in every bit at every recorded epoch",
        scope="device",
    ),
    Requirement(
        "LC-OQ-03",
        "Portable arithmetic gives the same network on every device.",
        "This is the promise of portable arithmetic, and it is all or nothing. With it a lost classifier can be "
        "recovered, bit for bit, on any conforming machine.",
        "longcon, portable arithmetic: single correctly rounded operations (IEEE 754-2019, clause 5.4.1) in a fixed "
        "order",
        "states and scores identical in every bit at every recorded epoch, k = 1 too",
        scope="rebuild",
        portable_only=True,
        compares_devices=True,
    ),
    Requirement(
        "LC-PQ-01",
        "A rebuild on another device has the same parameters up to round-off (k of 2 and more).",
        "A rebuild with the same parameters is the same classifier, for patients not yet seen too. Agreement of "
        "calls alone shows that only for the cases at hand.",
        "Breuer, Furtado, Orr, Sections IV-E and IV-G",
        "vector sine at the released epoch at most the tolerance",
        scope="rebuild",
        least_k=2,
        compares_devices=True,
    ),
    Requirement(
        "LC-PQ-02",
        "How far a rebuild departs is known (k = 1, or another order of portable sums).",
        "Where parameters are not required to agree, whoever signs should still know how far the rebuild is from "
        "the classifier that was validated.",
        "Breuer, Furtado, Orr, Section IV-G",
        "vector sine at the released epoch measured and reported",
        scope="rebuild",
        most_k=1,
        gating=False,
        has_limit=False,
    ),
    Requirement(
        "LC-PQ-03",
        "A rebuild on another device makes the same calls.",
        "A patient whose tumor is called otherwise after a rebuild may be treated otherwise. The rate of such "
        "discrepancies is the clinical risk of this rebuild.",
        "Breuer, Furtado, Orr, Section II-B",
        "discrepancy rate among cases conclusive in both builds at most 1 - p, by its upper bound when asked for",
        scope="rebuild",
        compares_devices=True,
    ),
    Requirement(
        "LC-PQ-04",
        "All builds together are longitudinally consistent.",
        "Over years there are several rebuilds, and a patient in serial monitoring may meet any of them. Each pair "
        "may agree well enough while all builds together do not.",
        "Breuer, Furtado, Orr, Section II-B",
        "discrepancy rate among cases conclusive in all builds at most 1 - p, by its upper bound when asked for",
        scope="k",
    ),
    Requirement(
        "LC-PQ-05",
        "The cut-off makes no false positive call of the target class on the hold-out.",
        "The cut-off decides which calls are reported. A false positive call of the target class could lead to the "
        "wrong therapy before any rebuild is made.",
        "Breuer, Furtado, Orr, Section IV-F",
        "precision 1 at tau in the original build, with its recall",
        scope="k",
    ),
    Requirement(
        "LC-PQ-06",
        "A rebuild on another device parts from the original only after the released epoch.",
        "A rebuild that parts from the original before the released epoch agrees with it, if it does, by luck. One "
        "that parts only afterwards leaves a margin, which early stopping uses.",
        "Breuer, Furtado, Orr, Section IV-G and Figure 2",
        "vector sine at most the tolerance at every step up to the released epoch, with the onset of divergence",
        scope="rebuild",
        compares_devices=True,
        gating=False,
    ),
    Requirement(
        "LC-PQ-07",
        "Training keeps away from saddle neighbourhoods.",
        "Close to a saddle point the gradient is mostly round-off, and the paper attributes divergence to that. "
        "Such steps tell where to look, and that builds on further devices may part although these did not.",
        "Breuer, Furtado, Orr, Section IV-G and Figure 2",
        "gradient-annihilation residual above the threshold at every step whose curvature was recorded",
        scope="k",
        needs_curvature=True,
        gating=False,
    ),
    Requirement(
        "LC-PQ-08",
        "The Hessian is indefinite, as the paper found it at every step.",
        "The paper explains divergence by a loss that curves both ways. Where the Hessian is not indefinite, that "
        "explanation does not apply and another cause has to be sought.",
        "Breuer, Furtado, Orr, equation 3 and Section IV-G",
        "upper bound of its smallest eigenvalue below 0 at every step whose curvature was recorded",
        scope="k",
        needs_curvature=True,
        gating=False,
    ),
)
