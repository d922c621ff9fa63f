"""docs/planted.md says what the tables say, to the byte."""

from __future__ import annotations

from tests.planted.document import document
from tests.small_store import ROOT


def test_the_committed_page_is_fresh() -> None:
    assert (ROOT / "docs" / "planted.md").read_bytes() == document().encode(), "run: python -m tests.planted"
