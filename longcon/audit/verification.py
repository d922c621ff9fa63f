"""Verification: whether an old audit is still what longcon wrote, and agrees with itself."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from longcon.audit.discordance import discordant_csv
from longcon.audit.files import names_in, read_plain
from longcon.audit.folder import AuditError
from longcon.audit.manifest import MANIFEST, read_manifest
from longcon.audit.page import RELEASE, VERDICT, sentences_of
from longcon.audit.recount import contradictions
from longcon.audit.schema import faults_of, read_json

EVIDENCE, PAGE, DISCORDANT = "evidence.json", "audit.html", "discordant-cases.csv"
REQUIRED = (EVIDENCE, PAGE, DISCORDANT)


@dataclass(frozen=True)
class Verification:
    """What was found.

    Attributes:
        findings: a sentence for everything that is not as it was written; none where nothing was changed.
        files: how many files the manifest names.
        manifest: SHA-256 of the manifest, which tells this audit from any other that agrees with itself.
        decision: what the audit says of the release, with the verdict's word; empty where that can't be read.
    """

    findings: tuple[str, ...]
    files: int
    manifest: str
    decision: str


def verify(folder: Path) -> Verification:
    """Returns what became of an audit since it was written.

    Raises:
        AuditError: the folder is no audit.
    """
    if not folder.is_dir():
        raise AuditError(f"{folder} is no folder: give that of an audit, such as audit.")
    content = read_plain(folder, MANIFEST) if MANIFEST in names_in(folder) else "is not there"
    if isinstance(content, str):
        raise AuditError(f"{folder} is no audit, its {MANIFEST} {content}: give the folder of an audit, such as audit.")
    digests, faults = read_manifest(content)
    contents, changes = _compared(folder, digests)
    evidence, about = _read_evidence(contents)
    said = _of_evidence(evidence, contents) if evidence is not None else ()
    decision = f"{evidence['decision']['word']}, {evidence['verdict']['word']}" if evidence is not None else ""
    findings = (*faults, *changes, *about, *said)
    return Verification(findings, len(digests), hashlib.sha256(content).hexdigest(), decision)


def _compared(folder: Path, digests: Mapping[str, str]) -> tuple[dict[str, bytes], tuple[str, ...]]:
    """Returns the files that could be read, and a sentence for each that is not as the manifest has it."""
    contents: dict[str, bytes] = {}
    findings = []
    names = set(names_in(folder))
    for name in sorted({*digests, *REQUIRED}):
        content = read_plain(folder, name) if name in names else None
        if name not in digests:
            findings.append(f"changed: {MANIFEST} does not name {name}.")
        elif content is None:
            findings.append(f"missing: {name}.")
        elif isinstance(content, str):
            findings.append(f"changed: {name} {content}.")
        elif hashlib.sha256(content).hexdigest() != digests[name]:
            findings.append(f"changed: {name} is not as it was written.")
        if isinstance(content, bytes):
            contents[name] = content
    added = sorted(names - {*digests, *REQUIRED, MANIFEST})
    return contents, (*findings, *(f"added: {_printable(name)}." for name in added))


def _printable(name: str) -> str:
    """Returns a file's name as one line for a terminal, whatever somebody called it."""
    return name if name.isprintable() else name.encode("unicode_escape", errors="backslashreplace").decode()


def _read_evidence(contents: Mapping[str, bytes]) -> tuple[dict[str, Any] | None, tuple[str, ...]]:
    if EVIDENCE not in contents:
        return None, ()
    try:
        document = read_json(contents[EVIDENCE])
    except ValueError as error:
        return None, (f"unreadable: {EVIDENCE} ({error}).",)
    faults = faults_of(document)
    if faults:
        return None, tuple(f"against its schema: {EVIDENCE}, {fault}" for fault in faults)
    return document, ()


def _of_evidence(evidence: dict[str, Any], contents: Mapping[str, bytes]) -> tuple[str, ...]:
    findings = [f"contradiction: {EVIDENCE}, {text}" for text in contradictions(evidence)]
    if DISCORDANT in contents and contents[DISCORDANT] != discordant_csv(evidence["discordant"]):
        findings.append(f"contradiction: {DISCORDANT} does not list the discordant cases of {EVIDENCE}.")
    if PAGE in contents:
        findings += _of_page(evidence, contents[PAGE])
    return tuple(findings)


def _of_page(evidence: dict[str, Any], page: bytes) -> Iterator[str]:
    said = sentences_of(page)
    for name, what in ((VERDICT, "verdict"), (RELEASE, "decision")):
        if said[name] != [evidence[what]["sentence"]]:
            yield f"contradiction: {PAGE} does not state the {what} of {EVIDENCE}."
