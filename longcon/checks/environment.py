"""Whether the environment, the fingerprints and the data are those that were agreed on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from longcon.builds import Build
from longcon.checks.outcome import Outcome
from longcon.lock import Lock, Package

_SHOWN = 5
_FINGERPRINT = ("device", "probes", "software", "hardware", "environment", "effects", "numeric_class")


def environment_locked(lock: Lock | None, found: Sequence[Package]) -> Outcome:
    """Decides LC-IQ-03: everything that longcon needs is installed in the version that the lock pins.

    Args:
        lock: of the checkout; None if it has none that can be read.
        found: everything that longcon needs, as it is installed.
    """
    subject = "installed packages"
    if lock is None or not found:
        return Outcome(
            "LC-IQ-03",
            subject,
            False,
            None,
            0,
            "differing packages",
            len(found),
            f"{subject}: constraints.txt of the checkout is missing or pins no exact versions, so there is nothing to "
            "hold them against; restore it from the commit.",
        )
    wrong = [package.fault for package in found if package.fault]
    message = f"{subject}: {len(found) - len(wrong)} of {len(found)} are those of {lock.file.name}"
    if wrong:
        more = f" and {len(wrong) - _SHOWN} more" if len(wrong) > _SHOWN else ""
        message += (
            f"; {'; '.join(wrong[:_SHOWN])}{more}. Likely cause: installed without the lock; run pip install "
            f"--constraint {lock.file.name} --editable . in a new environment, or commit the versions to be validated."
        )
    else:
        message += f" (SHA-256 {lock.digest[:16]}...)."
    return Outcome(
        "LC-IQ-03",
        subject,
        not wrong,
        len(wrong),
        0,
        "differing packages",
        len(found),
        message,
        details={"lock": lock.digest, "installed": {package.name: package.version for package in found}},
        lines=[f"  {text}" for text in wrong[_SHOWN:]],
    )


def fingerprint_recorded(*builds: Build) -> Outcome:
    """Decides LC-IQ-05: each build carries a whole fingerprint of the device that trained it, and its own.

    Args:
        builds: a device's replicates; the first with a fault is the one that is judged.
    """
    faults = [(build, _fingerprint_fault(build)) for build in builds]
    build, fault = next(((build, fault) for build, fault in faults if fault), (builds[0], None))
    wrong = sum(fault is not None for _, fault in faults)
    probes = len(build.manifest["fingerprint"].get("probes", {}))
    if fault is None:
        titles = " and ".join(one.title for one in builds)
        message = f"{titles}: fingerprint of {probes} probes on record, numeric class {build.numeric_class[:16]}..."
    else:
        message = f"{build.title}: {fault}; likely cause: a manifest written by other code; run again with --fresh."
    return Outcome("LC-IQ-05", build.title, wrong == 0, wrong, 0, "builds without a fingerprint", len(builds), message)


def _fingerprint_fault(build: Build) -> str | None:
    found = build.manifest["fingerprint"]
    missing = [name for name in _FINGERPRINT if name not in found]
    if missing:
        return f"its fingerprint lacks {', '.join(missing)}"
    if not found["probes"] or not found["software"] or not found["hardware"]:
        return "its fingerprint is empty"
    taken = hashlib.sha256(json.dumps(found["probes"], sort_keys=True).encode()).hexdigest()
    if not taken == found["numeric_class"] == build.numeric_class:
        return "its fingerprint is not that of the numeric class it was asked for"
    if found["device"] != build.request["device"]:
        return f"its fingerprint was taken on {found['device']}, not on {build.request['device']}"
    if dict(found["software"]) != dict(build.request["software"]):
        return "the versions in its fingerprint are not those that were asked for"
    return None


def data_as_agreed(agreed: str, found: str, *builds: Build) -> Outcome:
    """Decides LC-IQ-06: the run's data, and those that every build was trained on, have the protocol's digest.

    Args:
        agreed: SHA-256 of the data, as the protocol says.
        found: SHA-256 of the data that were read in this run.
        builds: those that are compared.
    """
    others = sorted({str(build.request["data"]) for build in builds} - {agreed})
    wrong = [f"the run read {found}"] if found != agreed else []
    wrong += [f"builds were trained on {digest}" for digest in others]
    if wrong:
        message = (
            f"data: the protocol says {agreed}, but {'; '.join(wrong)}. Likely cause: other files, features or split "
            "than were agreed on; compare [problem] of the protocol, or have the new digest approved."
        )
    else:
        message = f"data: the digest is the protocol's, {agreed[:16]}..., in the run and in {len(builds)} builds."
    return Outcome(
        "LC-IQ-06",
        "data",
        not wrong,
        len(wrong),
        0,
        "differing digests",
        1 + len(builds),
        message,
        details={"agreed": agreed, "found": found},
    )
