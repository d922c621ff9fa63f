"""Provenance: which builds of a store were imported, and from where; which of them were released."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path

from longcon.builds.files import write_file
from longcon.errors import StoreError

REFERENCE = "reference"
_SITE = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")
_LARGEST = 1 << 16


@dataclass(frozen=True)
class Provenance:
    """Where an imported build comes from.

    Attributes:
        site: as whoever imported it calls the place, e.g. ``"site-b"``.
        archive: SHA-256 of the archive.
        imported: when, UTC, ISO 8601.
    """

    site: str
    archive: str
    imported: str


def require_site(name: str) -> str:
    """Returns a site's name, if it can stand in the names of devices and tests.

    Raises:
        StoreError: it can't.
    """
    if not is_site(name):
        raise StoreError(
            f"'{name[:60]}' is no name of a site: give one of at most 40 small letters, digits, '.', '_' and '-', such "
            "as --site=site-b."
        )
    return name


def is_site(name: str) -> bool:
    """Whether ``name`` can stand in the names of devices and tests."""
    return _SITE.fullmatch(name) is not None and name != REFERENCE


def write_provenance(root: Path, key: str, provenance: Provenance) -> None:
    """Keeps in a store where a build comes from.

    Raises:
        StoreError: the store cannot be written.
    """
    write_file(_path(root, key), json.dumps(asdict(provenance), sort_keys=True, indent=1).encode() + b"\n")


def provenance_of(root: Path, key: str) -> Provenance | None:
    """Returns where a build comes from, or None where it was trained into this store.

    Raises:
        StoreError: the record is there and cannot be read.
    """
    path = _path(root, key)
    if not path.exists():
        return None
    try:
        if path.stat().st_size > _LARGEST:
            raise ValueError
        found = json.loads(path.read_bytes())
        provenance = Provenance(**{name: str(value) for name, value in found.items()})
        require_site(provenance.site)
    except (OSError, ValueError, TypeError, AttributeError, RecursionError, StoreError):
        raise StoreError(f"{path} does not say where build {key} comes from: import the build again.") from None
    return provenance


def imported_keys(root: Path) -> tuple[str, ...]:
    """Returns the keys of all builds of a store that were imported."""
    folder = root / "imported"
    return tuple(sorted(path.stem for path in folder.glob("*.json") if not path.name.startswith(".")))


def reference_path(root: Path, key: str) -> Path:
    """Returns where a store keeps the mark of a released build."""
    return root / "references" / f"{key}.json"


def _path(root: Path, key: str) -> Path:
    return root / "imported" / f"{key}.json"
