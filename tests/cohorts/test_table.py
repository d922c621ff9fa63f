from __future__ import annotations

import gzip
import hashlib
import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from longcon.cohorts import read_table
from longcon.errors import CohortError
from tests.cohorts.table_files import SMALL, Content, read_here, write_anndata, write_parquet, write_text


def small_file(folder: Path, name: str) -> Path:
    path = folder / name
    if name.endswith(".h5ad"):
        return write_anndata(path, SMALL)
    if name.endswith(".parquet"):
        return write_parquet(path, SMALL)
    write_text(path, SMALL, "\t" if ".tsv" in name else ",")
    if name.endswith(".gz"):
        path.write_bytes(gzip.compress(path.read_bytes()))
    return path


@pytest.mark.parametrize("name", ["t.csv", "t.tsv", "t.csv.gz", "t.tsv.gz", "T.CSV", "t.parquet", "t.h5ad"])
def test_each_kind_of_file_gives_the_same_table(tmp_path: Path, name: str) -> None:
    path = small_file(tmp_path, name)
    table = read_table(path, label="class")
    assert table.cases == ("001", "1e5", "2020-01-01")
    assert table.features == ("age", "beta", "smokes")
    assert table.labels == ("NA", "None", "null")
    assert table.values.dtype == np.float64
    assert table.values.flags.c_contiguous
    assert not table.values.flags.writeable
    assert table.values.tolist() == [[40.0, 0.25, 1.0], [51.0, 1e-300, 0.0], [62.0, -4e3, 1.0]]
    assert table.digest == hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("name", ["t.csv", "t.parquet"])
@pytest.mark.parametrize(
    ("request_", "cases", "features", "labels"),
    [
        ({"leave_out": ["class"]}, SMALL.cases, ("age", "beta", "smokes"), None),
        ({"label": "class", "leave_out": ["age", "smokes"]}, SMALL.cases, ("beta",), SMALL.labels),
        ({"label": "class", "features": ["smokes", "age"]}, SMALL.cases, ("smokes", "age"), SMALL.labels),
        ({"case": "age", "label": "smokes", "features": [" beta "]}, ("40", "51", "62"), ("beta",), None),
    ],
)
def test_columns_are_read_as_asked(
    tmp_path: Path, name: str, request_: dict[str, Any], cases: Any, features: Any, labels: Any
) -> None:
    table = read_table(small_file(tmp_path, name), **request_)
    assert table.cases == tuple(cases)
    assert table.features == features
    if request_.get("label") == "smokes":
        labels = ("True", "False", "True")
    assert table.labels == (None if labels is None else tuple(labels))
    assert table.values.tolist() == [[float(SMALL.columns[name][row]) for name in features] for row in range(3)]


names = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1, max_size=8).filter(
    lambda text: text == text.strip()
) | st.sampled_from(
    ["001", "1", "1e5", "2020-01-01", "NA", "nan", "None", "null", "true", "False", "inf", "x.1", "x", '"a"', "a,b"]
)
finite = st.floats(allow_nan=False, allow_infinity=False)


@st.composite
def contents(draw: st.DrawFn) -> Content:
    cases = draw(st.lists(names, min_size=1, max_size=6, unique=True))
    features = draw(
        st.lists(names.filter(lambda name: name not in ("case", "class")), min_size=1, max_size=5, unique=True)
    )
    count = len(cases)
    kinds: tuple[st.SearchStrategy[Any], ...] = (finite, st.integers(-(2**53), 2**53), st.booleans())
    columns = {name: draw(st.lists(draw(st.sampled_from(kinds)), min_size=count, max_size=count)) for name in features}
    return Content(cases, draw(st.lists(names, min_size=count, max_size=count)), columns)


@settings(max_examples=60)
@given(contents())
def test_equal_content_is_an_equal_table(content: Content) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for path in (
            write_text(Path(folder, "t.csv"), content),
            write_text(Path(folder, "t.tsv"), content, "\t"),
            write_parquet(Path(folder, "t.parquet"), content),
        ):
            table = read_table(path, label="class")
            assert (table.cases, table.labels) == (tuple(content.cases), tuple(content.labels))
            assert table.features == tuple(content.columns)
            np.testing.assert_array_equal(table.values, content.values)
        cases, features, labels, values = read_here(write_anndata(Path(folder, "t.h5ad"), content))
        assert (cases, features, labels) == (tuple(content.cases), tuple(content.columns), tuple(content.labels))
        np.testing.assert_array_equal(values, content.values)


@pytest.mark.parametrize("name", ["t.csv", "t.csv.gz", "t.parquet", "t.h5ad"])
def test_a_table_larger_than_allowed_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(CohortError) as caught:
        read_table(small_file(tmp_path, name), label="class", most_bytes=71)
    assert str(caught.value) == (
        f"{name} holds a table of more than 71 bytes, which is the most allowed; leave columns or cases out, "
        "or allow more."
    )


@pytest.mark.parametrize("ending", [".csv", ".csv.gz", ".parquet", ".h5ad"])
def test_what_is_no_readable_file_is_said(tmp_path: Path, ending: str) -> None:
    missing, empty, folder = (tmp_path / f"{word}{ending}" for word in ("missing", "empty", "folder"))
    empty.touch()
    folder.mkdir()
    for path, message in (
        (missing, f"{missing} cannot be read (no such file or directory); check the path and its permissions."),
        (empty, f"empty{ending} is empty; give a table with one row per case."),
        (folder, f"{folder} is no file; give the file that holds the table."),
    ):
        with pytest.raises(CohortError) as caught:
            read_table(path)
        assert str(caught.value) == message


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_said(tmp_path: Path) -> None:
    path = small_file(tmp_path, "t.csv")
    path.chmod(0)
    with pytest.raises(CohortError) as caught:
        read_table(path)
    assert str(caught.value) == f"{path} cannot be read (permission denied); check the path and its permissions."


def test_another_ending_names_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(CohortError) as caught:
        read_table(tmp_path / "t.xlsx")
    assert str(caught.value) == (
        "t.xlsx has no known ending; give a table as .csv, .tsv, .csv.gz, .tsv.gz, .parquet or .h5ad."
    )
