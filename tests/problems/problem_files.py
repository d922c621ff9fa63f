"""Problems as a user writes them to files, and as they are loaded from there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from textwrap import dedent

from longcon.problems import LoadedProblem, ProblemSource
from longcon.problems.source import Option

# The least that is a problem; a case adds its own lines.
WHOLE = """
from longcon.training import PaperMethod

class Mine(PaperMethod):
    name = "mine"
    def data(self, progress): ...
"""
OPTIONS: dict[str, Option] = {"seed": 3, "features": 50, "folder": "/data", "workspace": "/work"}
Write = Callable[..., Path]


def writer(folder: Path) -> Write:
    """Returns what writes a file below a folder and gives its path."""

    def write(name: str, content: str | bytes) -> Path:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else dedent(content).lstrip("\n").encode())
        return path

    return write


def loaded(
    place: Path | str, name: str = "Mine", options: Mapping[str, Option] = OPTIONS, path: Path | None = None
) -> LoadedProblem:
    """Returns the problem of a name in a file or a module."""
    return ProblemSource(f"{place}:{name}", options, None if path is None else str(path)).load()
