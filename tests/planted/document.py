"""The table of planted defects as a document, docs/planted.md."""

from __future__ import annotations

from tests.planted.table import DEFECTS

_PREFACE = """# Planted defects

This page is written by `python -m tests.planted` from the tables in `tests/planted/`. It is not edited by hand: a test
compares it with them.

A check that cannot fail shows nothing. So every row below is really planted - in copies of trained builds, their
manifests sealed anew, in files, environments, plugins, whole runs - and goes the way that decides. `make test` fails
unless each one is caught by what must catch it, with the very message that `tests/planted/` holds, and unless the same
ways say nothing of what is right. The session ends with the ratio: `planted defects: caught N of N`.

Besides requirements ([requirements.md](requirements.md)) there catch: the *store*, which hands no build out that was
altered or contradicts itself; a *usage error*, one sentence and exit code 4; the *verdict*, which passes nothing
without evidence; and the *gate* of `--release`.
"""


def document() -> str:
    """Returns the table as Markdown, by kind."""
    parts = [_PREFACE]
    for kind, defects in DEFECTS.items():
        rows = [f"| {defect.name} | {_cell(defect.where)} | {defect.caught_by} |" for defect in defects]
        head = [f"## {kind.capitalize()} ({len(defects)})", "", "| defect | where it is planted | caught by |"]
        parts.append("\n".join([*head, "|---|---|---|", *rows]) + "\n")
    return "\n".join(parts)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
