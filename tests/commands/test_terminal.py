"""What is written on a terminal: tables, sizes, and names that others chose."""

from __future__ import annotations

import pytest

from longcon.commands.terminal import printable, size_in_words, table

SIZES = [
    (0, "0 B"),
    (999, "999 B"),
    (1000, "1.0 kB"),
    (34_249_999, "34.2 MB"),
    # What would be rounded to a thousand takes the next unit.
    (999_949, "999.9 kB"),
    (999_950, "1.0 MB"),
    (5 * 10**15, "5000.0 TB"),
]


@pytest.mark.parametrize(("size", "text"), SIZES)
def test_sizes(size: int, text: str) -> None:
    assert size_in_words(size) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("glioma, IDH", "glioma, IDH"),
        ("Ä", "Ä"),
        ("a\x1b[2J", r"'a\x1b[2J'"),
        ("a\nb", r"'a\nb'"),
        ("\u202ea", r"'\u202ea'"),
    ],
)
def test_a_terminal_obeys_no_name(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_columns_begin_or_end_at_one_place() -> None:
    rows = [("what", "n", "marks"), ("a", "1", "-"), ("longer", "100", "")]
    assert table(rows, right=(1,)) == ["what      n  marks", "a         1  -", "longer  100"]
