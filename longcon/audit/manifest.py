"""MANIFEST.sha256: every file of an audit with its digest, in the form that ``sha256sum -c`` reads."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping

MANIFEST = "MANIFEST.sha256"
_LINE = re.compile(r"(?P<digest>[0-9a-f]{64})  (?P<name>[^\\\x00-\x1f\x7f]+)")


def manifest_of(contents: Mapping[str, bytes]) -> bytes:
    """Returns the manifest of files given by their names, relative and with forward slashes, sorted by name."""
    lines = [f"{hashlib.sha256(contents[name]).hexdigest()}  {name}\n" for name in sorted(contents)]
    return "".join(lines).encode()


def read_manifest(content: bytes) -> tuple[dict[str, str], tuple[str, ...]]:
    """Returns the digests by name, and a sentence for every line that gives none.

    A name that leads out of the folder is no name of an audit's file, whatever its digest.
    """
    digests: dict[str, str] = {}
    faults: list[str] = []
    for number, line in enumerate(content.decode("utf-8", errors="replace").split("\n")[:-1], start=1):
        found = _LINE.fullmatch(line)
        if found is None:
            faults.append(f"changed: {MANIFEST}, line {number}, is no digest with a file's name.")
        elif not _is_inside(found["name"]):
            faults.append(f"changed: {MANIFEST}, line {number}, names a file outside the folder.")
        elif found["name"] in digests or found["name"] == MANIFEST:
            faults.append(f"changed: {MANIFEST}, line {number}, names {found['name']} where it should not.")
        else:
            digests[found["name"]] = found["digest"]
    if not content.endswith(b"\n"):
        faults.append(f"changed: {MANIFEST} does not end with a whole line.")
    return digests, tuple(faults)


def _is_inside(name: str) -> bool:
    return all(part not in ("", ".", "..") for part in name.split("/")) and ":" not in name
