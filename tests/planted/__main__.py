"""Writes docs/planted.md: ``python -m tests.planted``."""

from __future__ import annotations

from tests.planted.document import document
from tests.small_store import ROOT

if __name__ == "__main__":
    (ROOT / "docs" / "planted.md").write_text(document(), encoding="utf-8")
