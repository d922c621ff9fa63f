"""Keeps a parsed cohort beside its source, so that gigabytes of text are parsed once.

An entry is two files: the betas as ``.npy`` and a ``.json`` with everything else - the SHA-256 of both source files, of
the ``.npy`` and of its own content, and the parameters. What does not verify is not used, whoever damaged it.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from longcon.cohorts.cohort import Cohort
from longcon.cohorts.geo_files import written_aside
from longcon.cohorts.text_stream import file_digest
from longcon.errors import CohortError
from longcon.source import code_version

_FORMAT = 1


@dataclass(frozen=True)
class CacheKey:
    """What a cached cohort was made from.

    Attributes:
        series_matrix: SHA-256 of the series matrix's bytes.
        table: SHA-256 of the table's bytes.
        classes: the wanted classes, sorted.
        detection_limit: the limit that was applied.
    """

    series_matrix: str
    table: str
    classes: tuple[str, ...]
    detection_limit: float

    def record(self) -> dict[str, Any]:
        """Returns the key as JSON values."""
        return {
            "format": _FORMAT,
            "code": code_version(),
            "series_matrix_sha256": self.series_matrix,
            "table_sha256": self.table,
            "classes": list(self.classes),
            "detection_limit": self.detection_limit,
        }


def save_cohort(folder: Path, key: CacheKey, cohort: Cohort) -> None:
    """Writes ``cohort`` into ``folder``, betas first, each file aside and then renamed.

    Raises:
        CohortError: the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        betas = _path(folder, key, "npy")
        with written_aside(betas) as file:
            np.save(file, cohort.betas, allow_pickle=False)
        content = {
            "key": key.record(),
            "npy_sha256": file_digest(betas),
            "cohort_digest": cohort.digest,
            "cases": cohort.cases,
            "classes": cohort.classes,
            "materials": cohort.materials,
            "probes": cohort.probes,
        }
        with written_aside(_path(folder, key, "json")) as file:
            file.write(json.dumps({"content": content, "content_sha256": _seal(content)}).encode())
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise CohortError(f"{folder}: the parsed cohort cannot be cached ({reason}); choose another folder.") from error


def load_cohort(folder: Path, key: CacheKey, name: str) -> Cohort | None:
    """Returns the cohort cached for ``key``, called ``name``; None when there is none, or its files do not verify."""
    path = _path(folder, key, "json")
    try:
        entry = json.loads(path.read_bytes())
        content = entry["content"]
        if entry["content_sha256"] != _seal(content) or content["key"] != key.record():
            return None
        with _path(folder, key, "npy").open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != content["npy_sha256"]:
                return None
            file.seek(0)
            betas = np.load(file, allow_pickle=False)
        betas.flags.writeable = False
        cohort = Cohort(
            name,
            tuple(content["cases"]),
            tuple(content["classes"]),
            tuple(content["materials"]),
            tuple(content["probes"]),
            betas,
        )
        return cohort if cohort.digest == content["cohort_digest"] else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, EOFError, RecursionError, CohortError):
        # A damaged entry is worth no message: the source is parsed again and the entry replaced.
        return None


def _path(folder: Path, key: CacheKey, suffix: str) -> Path:
    return folder / f"cohort-{_seal(key.record())[:24]}.{suffix}"


def _seal(content: object) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
