"""The house: imports run downward only, the library never sees pytest, and nothing reads pickles."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from longcon.source import READERS

ROOT = Path(__file__).parents[1]
# From the ground up; rooms on one floor do not import each other.
FLOORS = [
    {"longcon.errors", "longcon.draws", "longcon.source", "longcon.checkout", "longcon.lock", "longcon.progress"},
    {
        "longcon.cohorts",
        "longcon.curvature",
        "longcon.measures",
        "longcon.requirements",
        "longcon.training",
        "longcon.devices",
    },
    {"longcon.protocol", "longcon.problems"},
    {"longcon.builds"},
    {"longcon.divergence"},
    {"longcon.audit", "longcon.checks", "longcon.figures", "longcon.search"},
    {"longcon.remedies"},
    {"fixtures", "longcon.commands"},
    {"reports", "longcon.__main__"},
    {"validation", "conftest"},
]
FLOOR_OF = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
SOURCES = [path for part in ("longcon", "fixtures", "reports", "validation") for path in (ROOT / part).rglob("*.py")]


def _room(module: str) -> str | None:
    parts = module.split(".")
    name = ".".join(parts[:2]) if parts[0] == "longcon" else parts[0]
    return name if name in FLOOR_OF else None


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names if node.module == "longcon")


def _own_room(path: Path) -> str | None:
    return _room(".".join(path.relative_to(ROOT).with_suffix("").parts))


def test_every_source_stands_in_a_room() -> None:
    outside = [path for path in SOURCES if _own_room(path) is None]
    assert outside == [ROOT / "longcon" / "__init__.py"]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_imports_run_downward(path: Path) -> None:
    own = _own_room(path)
    if own is None:
        assert not list(_imports(path))
        return
    rooms = {room for module in _imports(path) if (room := _room(module)) and room != own}
    assert [room for room in rooms if FLOOR_OF[room] >= FLOOR_OF[own]] == []


@pytest.mark.parametrize(
    "path", list((ROOT / "longcon").rglob("*.py")), ids=lambda path: path.relative_to(ROOT).as_posix()
)
def test_the_library_knows_neither_pytest_nor_pickle(path: Path) -> None:
    names = {name.split(".")[0] for name in _imports(path)}
    assert names.isdisjoint({"pytest", "_pytest", "pickle", "cloudpickle", "joblib", "dill"})
    text = path.read_text(encoding="utf-8")
    assert "torch.load(" not in text
    assert "allow_pickle=True" not in text


@pytest.mark.parametrize("reader", READERS)
def test_what_only_reads_builds_stands_above_them(reader: str) -> None:
    assert FLOOR_OF[f"longcon.{reader.removesuffix('.py')}"] > FLOOR_OF["longcon.builds"]


def test_the_environment_is_read_in_devices_alone() -> None:
    readers = {path.parent.name for path in (ROOT / "longcon").rglob("*.py") if "os.environ" in path.read_text()}
    assert readers == {"devices"}
