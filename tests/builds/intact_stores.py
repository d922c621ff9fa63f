"""What a fault leaves of a store: whole builds, and nothing beside them."""

from __future__ import annotations

from pathlib import Path

from longcon.builds import Build

ADVICE = "make room or rights there, or give another --store."


def is_intact(root: Path, *builds: Build) -> bool:
    """Whether a store holds whole builds and nothing beside them."""
    left = [path.name for part in ("builds", "data") for path in (root / part).glob(".*")]
    return left == [] and {path.name for path in (root / "builds").iterdir()} == {each.folder.name for each in builds}
