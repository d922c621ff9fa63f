"""The installed packages that a problem imports, with their versions: another release is another classifier."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from importlib.metadata import packages_distributions, version

_OWN = "longcon"


def imported_by(source: bytes) -> set[str]:
    """Returns the top-level names that a Python file imports, wherever in it; none where it is no Python."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return set()  # whoever runs it will say so
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names.add(node.module.partition(".")[0])
    return names


def versions_of(names: Iterable[str]) -> dict[str, str]:
    """Returns the version of every installed package that one of these names belongs to, longcon's own left out."""
    known = packages_distributions()
    packages = {package for name in names if name != _OWN for package in known.get(name, [])}
    return {package: version(package) for package in sorted(packages)}
