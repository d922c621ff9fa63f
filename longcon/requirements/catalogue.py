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
        of_commands="never",
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
        "LC-IQ-03",
        "The environment is the one that longcon was tested with.",
        "Another release of a library computes with other kernels, and is another device in all but name. A result "
        "obtained with it says nothing of the environment that will be restored for a rebuild.",
        "Breuer, Furtado, Orr, Section IV-E: software is held fixed between builds",
        "every package that longcon needs installed in the version of constraints.txt",
        scope="run",
    ),
    Requirement(
        "LC-IQ-04",
        "The settings of each device do what they say.",
        "A library may take a setting without a word and ignore it. A build would then be filed under a device that "
        "was never there.",
        "longcon, measured: MKL takes a branch that is not for the processor for COMPATIBLE",
        "effects measured in the training process: memory filled, float32 kept, kernels and branch of MKL as asked for",
        scope="device",
        of_commands="never",
    ),
    Requirement(
        "LC-IQ-05",
        "Every build carries the fingerprint of the device that trained it.",
        "Years later the name of a processor does not tell how it rounded. The fingerprint does, and shows on which "
        "numeric class the classifier was validated.",
        "longcon, fingerprints: the bits of probe computations",
        "probes, versions and hardware on record, and of the numeric class that was asked for",
        scope="device",
    ),
    Requirement(
        "LC-IQ-06",
        "The data are those that were agreed on.",
        "A classifier validated on other cases than the protocol's is another classifier. A digest tells one changed "
        "value in gigabytes.",
        "longcon, protocol: section [problem], digest",
        "SHA-256 of the data equal to the protocol's, in the run and in every build",
        scope="run",
        needs_digest=True,
    ),
    Requirement(
        "LC-OQ-01",
        "Training starts from the same network on every device.",
        "Networks that start apart end apart. A difference at the start would be mistaken for one that training made.",
        "Breuer, Furtado, Orr, Section IV-E, step 3a",
        "initial states identical in every bit",
        scope="rebuild",
        of_commands="never",
    ),
    Requirement(
        "LC-OQ-02",
        "Training again on the same device gives the same network.",
        "If the same device cannot repeat its own training, no difference between devices can be attributed to the "
        "devices. The laboratory could then not rebuild the classifier even on the machine that made it.",
        "Breuer, Furtado, Orr, Section IV-F",
        "states of both replicates identical in every bit at every recorded epoch",
        scope="device",
        of_reference=False,
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
        of_commands="never",
    ),
    Requirement(
        "LC-OQ-04",
        "A training that was interrupted and went on gives the same network as one that was not.",
        "A training of hours is interrupted sooner or later. If going on from a checkpoint changed a bit, the "
        "classifier of record could not be told from another one.",
        "Breuer, Furtado, Orr, Section IV-F: replicates agree in every bit",
        "states and scores after the interruption, and the digest of every step, identical in every bit",
        scope="device",
        of_reference=False,
        least_epochs=2,
        of_commands="never",
    ),
    Requirement(
        "LC-OQ-05",
        "The measures are correct on this machine.",
        "Every verdict rests on a few formulas and on the libraries under them. Where these err, so does the verdict.",
        "longcon, reference cases: results known by definition, by closed form or by hand",
        "every reference case gives its known result",
        scope="run",
    ),
    Requirement(
        "LC-OQ-06",
        "The checks find what they must find, and nothing where nothing is.",
        "A check that cannot fail shows nothing. So the least defects that the limits forbid are planted in copies of "
        "the original build, beside copies that are left alone.",
        "longcon, positive and negative controls",
        "every planted defect caught by its check, every unaltered copy passed",
        scope="k",
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
        of_commands="with parameters",
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
        of_commands="with parameters",
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
        of_commands="never",
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
        of_commands="never",
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
        of_commands="never",
    ),
    Requirement(
        "LC-PQ-09",
        "How far rebuilds agree with the original, class by class, is known.",
        "The rate of discrepancies counts reportable calls of any class. Whoever treats by the target class should "
        "see how many of its calls a rebuild keeps.",
        "Fleiss 1971; exact intervals by Clopper and Pearson 1934",
        "positive and negative agreement of each rebuild on the target class and Fleiss' kappa, measured and reported",
        scope="k",
        compares_devices=True,
        gating=False,
        has_limit=False,
    ),
    Requirement(
        "LC-PQ-10",
        "The calls that crossed the cut-off are known.",
        "A case that only one of two builds is conclusive on is no discrepancy, and yet its patient gets a report "
        "from one build and none from the other.",
        "Breuer, Furtado, Orr, Section II-B",
        "cases conclusive in one of two builds alone, counted and listed",
        scope="rebuild",
        compares_devices=True,
        gating=False,
        has_limit=False,
    ),
)
