"""What comes back from a worker: the files of a build, believed only where they are those of its manifest."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from longcon.builds.files import write_file
from longcon.builds.manifest import MANIFEST, parsed, validated
from longcon.errors import BuildError

_SHOWN = 5


def deliver(files: Mapping[str, bytes], folder: Path, title: str, worker: str) -> None:
    """Writes a build's files into an empty folder, the manifest last.

    Args:
        files: by name, as a worker sent them.
        folder: where to.
        title: of the build.
        worker: that sent them, in a sentence.

    Raises:
        BuildError: a file is missing, was added or was altered on the way; nothing was written.
        StoreError: there is no room for them.
    """
    faults = _faults(files)
    if faults:
        more = f" and {len(faults) - _SHOWN} more" if len(faults) > _SHOWN else ""
        raise BuildError(
            f"Build {title} did not come back whole from worker {worker} ({', '.join(faults[:_SHOWN])}{more}): "
            "run again."
        )
    for name in sorted(files, key=lambda name: name == MANIFEST):
        write_file(folder / name, files[name])


def _faults(files: Mapping[str, bytes]) -> list[str]:
    """Returns which files are not those of the manifest; it names plain files only, so no name leads elsewhere."""
    try:
        manifest = parsed(files[MANIFEST])
        manifest.pop("digest")
        said = validated(manifest)["files"]
    except (KeyError, ValueError, AttributeError, TypeError):
        return [MANIFEST]
    names = {*said, *files} - {MANIFEST}
    return [ascii(name) for name in sorted(names) if _digest(files.get(name, b"")) != said.get(name)]


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
