from __future__ import annotations

import datetime
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from longcon.cohorts import read_table, table_parquet
from longcon.errors import CohortError
from tests.cohorts.fuzz import in_own_process
from tests.cohorts.table_files import SMALL, mutated, write_parquet

DAMAGED = "t.parquet is no Parquet file or is damaged; write it again or use another copy."


def write(folder: Path, **columns: Any) -> Path:
    pq.write_table(pa.table(columns), folder / "t.parquet")
    return folder / "t.parquet"


@pytest.mark.parametrize(
    "column",
    [
        pa.array([1, 0], pa.int8()),
        pa.array([1, 0], pa.uint64()),
        pa.array([1, 0], pa.float16()),
        pa.array([1, 0], pa.float32()),
        pa.array([1, 0], pa.decimal128(5, 2)),
        pa.array([True, False]),
    ],
    ids=lambda column: str(column.type),
)
def test_every_kind_of_number_is_read(tmp_path: Path, column: pa.Array) -> None:
    assert read_table(write(tmp_path, id=["a", "b"], x=column)).values.tolist() == [[1.0], [0.0]]


@pytest.mark.parametrize(
    "column",
    [
        pa.array([" 17", "017 "], pa.large_string()),
        pa.array([17, 18], pa.uint16()),
        pa.array(["17", "17"]).dictionary_encode(),
        pa.array([17, 17]).dictionary_encode(),
        pa.array([True, False]),
    ],
    ids=lambda column: str(column.type),
)
def test_every_kind_of_name_becomes_its_text(tmp_path: Path, column: pa.Array) -> None:
    table = read_table(write(tmp_path, id=["a", "b"], k=column, x=[1, 2]), label="k")
    assert table.labels == tuple(str(value).strip() for value in column.to_pylist())


def test_names_with_dots_are_kept_apart(tmp_path: Path) -> None:
    path = write(tmp_path, **{"x.1": [1, 2], "id": ["a", "b"], "x": [3, 4], "s": [{"1": 5}, {"1": 6}]})
    table = read_table(path, case="id", features=["x", "x.1"])
    assert table.values.tolist() == [[3.0, 1.0], [4.0, 2.0]]


def test_pandas_own_tables_are_read(tmp_path: Path) -> None:
    frame = pd.DataFrame({"x": [1.5, 2.5], "k": pd.Categorical(["NA", "b"])}, index=pd.Index(["001", "2"], name="id"))
    frame.to_parquet(tmp_path / "t.parquet")
    table = read_table(tmp_path / "t.parquet", case="id", label="k")
    assert (table.cases, table.features, table.labels) == (("001", "2"), ("x",), ("NA", "b"))


def test_many_rows_and_columns_stand_in_their_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_parquet, "_ROWS_AT_ONCE", 7)
    monkeypatch.setattr(table_parquet, "_COLUMNS_AT_ONCE", 3)
    values = np.arange(1000.0).reshape(100, 10)
    columns = {f"x{number}": values[:, number] for number in range(10)}
    pq.write_table(pa.table({"id": list(range(100)), **columns}), tmp_path / "t.parquet", row_group_size=30)
    table = read_table(tmp_path / "t.parquet")
    assert table.cases == tuple(map(str, range(100)))
    np.testing.assert_array_equal(table.values, values)


DAY = [datetime.date(2020, 1, 1), None]
ADVICE = "convert it or leave the column out."
NAMES = "name a column of text or whole numbers."
BAD: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "text": ({"x": ["1", "2"]}, {}, f"t.parquet: column 'x' holds text where numbers are needed; {ADVICE}"),
    "dates": ({"x": DAY}, {}, f"t.parquet: column 'x' holds dates or times where numbers are needed; {ADVICE}"),
    "categories": (
        {"x": pa.array(["1", "2"]).dictionary_encode()},
        {},
        f"t.parquet: column 'x' holds categories where numbers are needed; {ADVICE}",
    ),
    "lists": (
        {"x": [[1], [2]]},
        {},
        f"t.parquet: column 'x' holds neither text nor numbers where numbers are needed; {ADVICE}",
    ),
    "null": (
        {"x": [1, None]},
        {},
        "t.parquet, case b, column 'x': the value is missing; impute it beforehand or leave the column out.",
    ),
    "all null": (
        {"x": pa.nulls(2)},
        {},
        "t.parquet, case a, column 'x': the value is missing; impute it beforehand or leave the column out.",
    ),
    "infinite": (
        {"x": [1.0, np.inf]},
        {},
        "t.parquet, case b, column 'x': the value is infinite; impute it beforehand or leave the column out.",
    ),
    "null class": (
        {"k": ["z", None], "x": [1, 2]},
        {"label": "k"},
        "t.parquet, case b, column 'k': the class is missing; give the case a class or remove it.",
    ),
    "fractional identifiers": (
        {"x": [1.0, 2.0], "y": [1, 2]},
        {"case": "x", "features": ["y"]},
        f"t.parquet: column 'x' holds fractional numbers where identifiers are needed; {NAMES}",
    ),
    "dated classes": (
        {"x": [1.0, 2.0], "k": DAY},
        {"label": "k"},
        f"t.parquet: column 'k' holds dates or times where classes are needed; {NAMES}",
    ),
    "unknown": (
        {"beta": [1.0, 2.0]},
        {"features": ["bta"]},
        "t.parquet has no column 'bta' - did you mean 'beta'?",
    ),
    "endless name": (
        {"k": ["z" * 5000, "z"], "x": [1, 2]},
        {"label": "k"},
        "t.parquet has an identifier or a class of more than 4000 bytes; name other columns.",
    ),
}


@pytest.mark.parametrize(("columns", "asked", "message"), BAD.values(), ids=BAD)
def test_a_mistake_is_said(tmp_path: Path, columns: dict[str, Any], asked: dict[str, Any], message: str) -> None:
    path = write(tmp_path, id=["a", "b"], **columns)
    with pytest.raises(CohortError) as caught:
        read_table(path, **asked)
    assert str(caught.value) == message


def test_a_table_without_rows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CohortError) as caught:
        read_table(write(tmp_path, id=pa.array([], pa.string()), x=pa.array([], pa.float64())))
    assert str(caught.value) == "t.parquet has no row of values; give a table with one row per case."


def test_a_column_that_stands_twice_is_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table([["a"], [1], [2]], names=["id", "x", "x"]), tmp_path / "t.parquet")
    with pytest.raises(CohortError) as caught:
        read_table(tmp_path / "t.parquet")
    assert str(caught.value) == "t.parquet has the column 'x' twice; rename or remove one of them."


def test_text_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    broken = pa.Array.from_buffers(pa.string(), 1, [None, pa.py_buffer(b"\0\0\0\0\2\0\0\0"), pa.py_buffer(b"\xe9\xe9")])
    with pytest.raises(CohortError) as caught:
        read_table(write(tmp_path, id=broken, x=[1]))
    assert str(caught.value) == "t.parquet holds text that is not UTF-8; write the table as UTF-8."


@pytest.mark.parametrize("data", [b"PAR1", b"id,x\na,1\n", b"PAR1" + bytes(100) + b"PAR1"])
def test_what_is_no_parquet_is_said(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "t.parquet").write_bytes(data)
    with pytest.raises(CohortError) as caught:
        read_table(tmp_path / "t.parquet")
    assert str(caught.value) == DAMAGED


def test_a_file_cut_short_is_damaged(tmp_path: Path) -> None:
    path = write_parquet(tmp_path / "t.parquet", SMALL)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(CohortError) as caught:
        read_table(path, label="class")
    assert str(caught.value) == DAMAGED


@pytest.mark.skipif(not in_own_process(), reason="run in a process of its own by tests/cohorts/test_fuzz.py")
@settings(derandomize=True, max_examples=150)
@given(
    st.lists(st.tuples(st.integers(0, 1 << 30), st.integers(0, 255)), min_size=1, max_size=20),
    st.sampled_from([1.0, 1.0, 1.0, 0.9]),
    st.sampled_from(["snappy", "none", "zstd"]),
)
def test_an_altered_file_is_a_table_or_an_error(changes: list[tuple[int, int]], kept: float, compression: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = write_parquet(Path(folder, "t.parquet"), SMALL, compression=compression)
        path.write_bytes(mutated(path.read_bytes(), changes, kept))
        try:
            table = read_table(path, label="class", most_bytes=1 << 20)
        except CohortError:
            return
        assert table.values.shape == (len(table.cases), len(table.features))
        assert np.isfinite(table.values).all()
