from __future__ import annotations

import gzip
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from longcon.cohorts import read_table, table_text, text_stream
from longcon.errors import CohortError
from tests.cohorts.table_files import SMALL, mutated, write_text


def write(folder: Path, data: bytes | str, name: str = "t.csv") -> Path:
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


GOOD: dict[str, tuple[str, tuple[str, ...], list[list[float]]]] = {
    "spaces": ("id,x\n a , 1 \n\tb,\t2\n", ("a", "b"), [[1.0], [2.0]]),
    "windows": ("\ufeffid,x\r\na,1\r\nb,2", ("a", "b"), [[1.0], [2.0]]),
    "blank lines": ("id,x\n\na,1\n\n\nb,2\n\n", ("a", "b"), [[1.0], [2.0]]),
    "quotes": ('"id","x"\n"a, ""1""","1"\n"b\nc",2\n', ('a, "1"', "b\nc"), [[1.0], [2.0]]),
    "whole, then not": ("id,x\na,1\nb,2.5\nc,1e3\n", ("a", "b", "c"), [[1.0], [2.5], [1000.0]]),
    "truth": ("id,x,y\na,true,0\nb,FALSE,1\n", ("a", "b"), [[1.0, 0.0], [0.0, 1.0]]),
    "not what they seem": (
        "id,x\n007,1\n1.0,1\n2020-01-01,1\nnan,1\n",
        ("007", "1.0", "2020-01-01", "nan"),
        [[1.0]] * 4,
    ),
    "no name": (",x\na,1\n", ("a",), [[1.0]]),
}


@pytest.mark.parametrize(("text", "cases", "values"), GOOD.values(), ids=GOOD)
def test_a_text_is_read(tmp_path: Path, text: str, cases: tuple[str, ...], values: list[list[float]]) -> None:
    table = read_table(write(tmp_path, text))
    assert table.cases == cases
    assert table.values.tolist() == values


def test_columns_that_are_not_read_may_hold_anything(tmp_path: Path) -> None:
    path = write(tmp_path, b'id,note,x\na,"two\nlines",1\nb,\xff,2\n')
    assert read_table(path, leave_out=["note"]).values.tolist() == [[1.0], [2.0]]


def test_a_column_may_change_from_block_to_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_text, "_BLOCK", 64)
    monkeypatch.setattr(text_stream, "_BLOCK", 50)
    lines = [f"{number:03},{number if number < 50 else number + 0.5},{number:04}" for number in range(100)]
    table = read_table(write(tmp_path, "\n".join(["id,x,class", *lines])), label="class")
    assert table.cases == tuple(f"{number:03}" for number in range(100))
    assert table.labels == tuple(f"{number:04}" for number in range(100))
    assert table.values[:, 0].tolist() == [number if number < 50 else number + 0.5 for number in range(100)]


MISSING = "the value is missing; impute it beforehand or leave the column out."
BAD: dict[str, tuple[str | bytes, str]] = {
    "text": ("id,x\na,1\nb,high\n", "case b, column 'x': 'high' is not a number; correct it or leave the column out."),
    "date": (
        "id,x\na,2020-01-01\n",
        "case a, column 'x': '2020-01-01' is not a number; correct it or leave the column out.",
    ),
    "comma": ('id,x\na,"1,5"\n', "case a, column 'x': '1,5' is not a number; correct it or leave the column out."),
    "first of several": (
        "id,x,y\na,1,1\nb,1,?\nc,!,1\n",
        "case b, column 'y': '?' is not a number; correct it or leave the column out.",
    ),
    "control letters": (
        "id,x\na,\x1b[31m\n",
        "case a, column 'x': '?[31m' is not a number; correct it or leave the column out.",
    ),
    "empty": ("id,x\na,1\nb,\n", f"case b, column 'x': {MISSING}"),
    "blank": ("id,x\na,1\nb,  \n", f"case b, column 'x': {MISSING}"),
    "NA": ("id,x\na,1\nb,NA\n", f"case b, column 'x': {MISSING}"),
    "nan": ("id,x\na,1\nb,nan\n", f"case b, column 'x': {MISSING}"),
    "infinite": (
        "id,x\na,1\nb,-inf\n",
        "case b, column 'x': the value is infinite; impute it beforehand or leave the column out.",
    ),
    "half true": (
        "id,x\na,True\nb,maybe\n",
        "case b, column 'x': 'maybe' is neither true nor false as the values above it are; "
        "correct it or leave the column out.",
    ),
    "no identifier": ("id,x\na,1\n ,2\n", "row 2: the case has no identifier; give it one or remove the row."),
    "case twice": ("id,x\na,1\n a,2\n", "row 2: case a occurs a second time; remove or rename one of them."),
    "short row": ("id,x,y\na,1,2\nb,1\n", "row 2: 2 cells where the header has 3; correct the row."),
    "long row": ("id,x\na,1\nb,1,\n", "row 2: 3 cells where the header has 2; correct the row."),
    "one cell": ("id,x\nb\n", "row 1: 1 cell where the header has 2; correct the row."),
    "Latin-1 name": (
        b"id,x\na,1\nb\xe9,2\n",
        "case b\ufffd, column 'id': this is not UTF-8 text; save the table as UTF-8.",
    ),
    "Latin-1 value": (b"id,x\na,1\nb,\xe9\n", "case b, column 'x': this is not UTF-8 text; save the table as UTF-8."),
    "Latin-1 and ragged": (b"id,x\na,1\n\xe9\n", "row 2: 1 cell where the header has 2; correct the row."),
    "Latin-1 header": (b"id,\xe9\na,1\n", "header: this is not UTF-8 text; save the table as UTF-8."),
    "UTF-16": ("id,x\na,1\n".encode("utf-16"), "header: this is not UTF-8 text; save the table as UTF-8."),
    "broken header": (
        'id,"x\ny"\na,1\n',
        "header: a name has a quotation mark or a line break in it; rename the column.",
    ),
    "endless name": (
        b"id," + b"x" * 200_000 + b"\na,1\n",
        "header: the names cannot be told apart; give each column a name.",
    ),
}


@pytest.mark.parametrize("name", ["t.csv", "t.csv.gz"])
@pytest.mark.parametrize(("text", "message"), BAD.values(), ids=BAD)
def test_a_mistake_is_said_with_its_place(tmp_path: Path, text: str | bytes, message: str, name: str) -> None:
    data = text.encode() if isinstance(text, str) else text
    path = write(tmp_path, gzip.compress(data) if name.endswith("gz") else data, name)
    with pytest.raises(CohortError) as caught:
        read_table(path)
    assert str(caught.value) == f"{name}, {message}"


WHOLE: dict[str, tuple[str | bytes, str]] = {
    "no rows": ("id,x\n", "t.csv has no row of values; give a table with one row per case."),
    "blank rows": ("id,x\n\n\n", "t.csv has no row of values; give a table with one row per case."),
    "semicolons": (
        "id;x\na;1\n",
        "t.csv has one column where identifiers and measurements are needed; put commas between them.",
    ),
    "gzip cut short": (
        gzip.compress(b"id,x\na,1\n")[:-4],
        "t.csv ends in the middle of its gzip stream, so it is truncated; fetch it again or use a complete copy.",
    ),
    "twice": ("id,x,x\na,1,1\n", "t.csv has the column 'x' twice; rename or remove one of them."),
}


@pytest.mark.parametrize(("text", "message"), WHOLE.values(), ids=WHOLE)
def test_a_file_that_is_no_table_is_said(tmp_path: Path, text: str | bytes, message: str) -> None:
    with pytest.raises(CohortError) as caught:
        read_table(write(tmp_path, text))
    assert str(caught.value) == message


def test_an_empty_class_is_said(tmp_path: Path) -> None:
    with pytest.raises(CohortError) as caught:
        read_table(write(tmp_path, "id,x,class\na,1,k\nb,2, \n"), label="class")
    assert str(caught.value) == (
        "t.csv, case b, column 'class': the class is missing; give the case a class or remove it."
    )


@pytest.mark.parametrize("row", ["b" * 4_000_000 + ",2\n", '"' + "b,2\n" * 1_000_000])
def test_a_row_longer_than_a_block_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, row: str) -> None:
    monkeypatch.setattr(table_text, "_BLOCK", 1 << 20)
    with pytest.raises(CohortError) as caught:
        read_table(write(tmp_path, f"id,x\na,1\n{row}"))
    assert str(caught.value) == (
        "t.csv has a row of more than 1 MB, or a quotation mark that is never closed; correct the row."
    )


def test_more_columns_than_can_be_read_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_text, "_MOST_COLUMNS", 2)
    with pytest.raises(CohortError) as caught:
        read_table(write(tmp_path, "id,x,y\na,1,2\n"))
    assert str(caught.value) == "t.csv has 3 columns where 2 is the most that can be read; leave some out."


def test_a_small_file_that_unpacks_to_a_large_one_is_refused(tmp_path: Path) -> None:
    rows = "".join(f"{number},0\n" for number in range(100_000))
    path = write(tmp_path, gzip.compress(f"id,x\n{rows}".encode()), "t.csv.gz")
    with pytest.raises(CohortError, match=r"holds a table of more than 1 MB, which is the most allowed"):
        read_table(path, most_bytes=1 << 20)


def check(data: bytes, name: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        try:
            table = read_table(write(Path(folder), data, name), most_bytes=1 << 20)
        except CohortError:
            return
        assert table.values.shape == (len(table.cases), len(table.features))
        assert np.isfinite(table.values).all()


@settings(max_examples=150)
@given(
    st.binary(max_size=200)
    | st.text(alphabet='ab1,.\n\r"\t e-', max_size=60).map(lambda text: f"id,x\n{text}".encode())
)
def test_any_bytes_are_a_table_or_an_error(data: bytes) -> None:
    check(data, "t.csv")


@settings(max_examples=100)
@given(
    st.lists(st.tuples(st.integers(0, 1 << 30), st.integers(0, 255)), min_size=1, max_size=5),
    st.sampled_from([1.0, 1.0, 0.9, 0.3]),
    st.booleans(),
)
def test_an_altered_table_is_a_table_or_an_error(changes: list[tuple[int, int]], kept: float, packed: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        data = write_text(Path(folder, "t.csv"), SMALL).read_bytes()
    check(mutated(gzip.compress(data, mtime=0) if packed else data, changes, kept), "t.csv")
