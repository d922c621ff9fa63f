"""docs/requirements.md says what the catalogue says, to the byte."""

from __future__ import annotations

from pathlib import Path

import pytest

from longcon.__main__ import main
from longcon.requirements import CATALOGUE, document

ROOT = Path(__file__).parents[2]


def test_the_committed_page_is_fresh() -> None:
    written = (ROOT / "docs" / "requirements.md").read_bytes()
    assert written == document(CATALOGUE).encode(), "run: python -m longcon requirements --out docs/requirements.md"


def test_the_page_has_all_that_is_known_of_every_requirement() -> None:
    text = " ".join(document(CATALOGUE).split())
    for entry in CATALOGUE:
        facts = (entry.statement, entry.rationale, entry.source, entry.criterion, entry.when[1:])
        assert all(" ".join(fact.split()) in text for fact in facts), entry.id


def test_the_command_writes_or_prints_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = tmp_path / "new" / "page.md"
    assert main(["requirements", f"--out={place}"]) == 0
    assert capsys.readouterr().out == f"{place}\n"
    assert main(["requirements"]) == 0
    assert capsys.readouterr().out.encode() == place.read_bytes() == document(CATALOGUE).encode()


def test_a_place_that_cannot_be_written_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()
    assert main(["requirements", f"--out={tmp_path}/file/page.md"]) == 4
    assert capsys.readouterr().err == (
        f"ERROR: {tmp_path}/file/page.md could not be written (File exists): "
        "make room or rights there, or give another --out.\n"
    )
