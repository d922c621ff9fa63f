"""Whether an audit released a build: what stands behind a reference."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from longcon.audit.files import read_plain
from longcon.audit.folder import AuditError
from longcon.audit.manifest import MANIFEST, read_manifest
from longcon.audit.schema import read_json
from longcon.audit.verification import EVIDENCE, verify

RELEASED = "released"
# The requirement whose evidence holds tau, as it was found on the original build.
_OF_TAU = "LC-PQ-05"


def require_released(folder: Path, key: str, manifest: str, epoch: int, tau: float) -> str:
    """Returns the digest of an audit's manifest, if that audit is unchanged and released a build.

    Args:
        folder: of the audit.
        key: of the build.
        manifest: SHA-256 of the build's manifest.
        epoch: at which it is to be released.
        tau: of that epoch.

    Raises:
        AuditError: the folder is no audit, was changed, or released no such build, epoch or tau; the text says which.
    """
    found = verify(folder)
    if found.findings:
        more = f" and {len(found.findings) - 1} more" if len(found.findings) > 1 else ""
        first = found.findings[0].rstrip(".")
        raise AuditError(f"{folder} is not as it was written ({first}{more}): restore it from a copy.")
    fault = next(_faults(_evidence(folder, found.manifest), key, manifest, epoch, tau), None)
    if fault is not None:
        raise AuditError(f"The audit {folder} {fault}.")
    return found.manifest


def _evidence(folder: Path, manifest: str) -> Mapping[str, Any]:
    """Returns the evidence that was verified a moment ago."""
    listed, content = read_plain(folder, MANIFEST), read_plain(folder, EVIDENCE)
    if (
        isinstance(listed, str)
        or isinstance(content, str)
        or hashlib.sha256(listed).hexdigest() != manifest
        or hashlib.sha256(content).hexdigest() != read_manifest(listed)[0][EVIDENCE]
    ):
        raise AuditError(f"{folder} was changed while it was read: try again when nothing writes there.")
    evidence: Mapping[str, Any] = read_json(content)
    return evidence


def _faults(evidence: Mapping[str, Any], key: str, manifest: str, epoch: int, tau: float) -> Iterator[str]:
    word = evidence["decision"]["word"]
    if word != RELEASED:
        yield f"says '{word}': give that of a run with --release that released this build"
    build = next((build for build in evidence["builds"] if build["key"] == key), None)
    if build is None:
        yield f"does not know build {key}: give that of the run that released it"
        return
    if build["manifest_sha256"] != manifest:
        yield f"is of another training of build {key}: give that of the run that released this one"
    if not build["original"]:
        yield f"released another build, of which {key} is a rebuild: release that one"
    released = {one["k"]: one["epoch"] for one in evidence["settings"]["released_epochs"]}.get(build["k"])
    if released is None:
        yield f"names no released epoch of build {key}: give that of the run that released it"
    if released != epoch:
        yield f"released epoch {released} of build {key}, not {epoch}: give --epoch={released}"
    details = [case["details"] for case in evidence["cases"] if _is_of_tau(case, build["k"])]
    found = [one["tau"] for one in details if "tau" in one]
    if found != [tau]:
        stated = ", ".join(map(repr, found)) or "none"
        yield f"states tau {stated} for build {key}, but its hold-out gives {tau!r}: give that of its own run"


def _is_of_tau(case: Mapping[str, Any], k: int) -> bool:
    return bool(case["requirement"] == _OF_TAU and case["k"] == k and case["ok"])
