"""The names that the process reads out of an AnnData file, and what is wrong with a file or a request."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
import pytest
import scipy.sparse

from longcon.cohorts.table_columns import Request
from longcon.errors import CohortError
from tests.cohorts.table_files import DENSE, SMALL, read_here, refusal_of, write_anndata


def categories(values: list[str | None]) -> pd.Categorical[Any]:
    names = sorted({value for value in values if value is not None})
    return pd.Categorical(values, categories=pd.Index(names, dtype=object))


def request(**asked: Any) -> Request:
    return Request(**{"case": None, "label": None, "features": None, "leave_out": (), "most_bytes": 1 << 30, **asked})


@pytest.mark.parametrize(
    ("column", "labels"),
    [
        (categories([" NA", "b", "NA"]), ("NA", "b", "NA")),
        (np.array([17, 2, 3]), ("17", "2", "3")),
        (np.array([True, False, True]), ("True", "False", "True")),
        (pd.array([17, 2, 3], dtype="Int64"), ("17", "2", "3")),
        (pd.Categorical([17, 2, 17]), ("17", "2", "17")),
    ],
    ids=["categories", "integers", "truth", "nullable", "integer categories"],
)
def test_every_kind_of_name_becomes_its_text(tmp_path: Path, column: Any, labels: tuple[str, ...]) -> None:
    path = write_anndata(tmp_path / "t.h5ad", SMALL, obs={"k": column})
    assert read_here(path, request(label="k"))[2] == labels


def test_identifiers_may_stand_in_obs(tmp_path: Path) -> None:
    path = write_anndata(tmp_path / "t.h5ad", SMALL, obs={"id": [3, 2, 1]})
    assert read_here(path, request(case="id", leave_out=("beta",)))[:2] == (("3", "2", "1"), ("age", "smokes"))


BAD: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "unknown label": (
        {},
        {"label": "clas"},
        "t.h5ad has no column of obs 'clas' - did you mean 'class'?",
    ),
    "unknown case": ({}, {"case": "id"}, "t.h5ad has no column of obs 'id'; name one of '_index', 'class'."),
    "unknown feature": ({}, {"features": ("bta",)}, "t.h5ad has no measurement 'bta' - did you mean 'beta'?"),
    "nothing left": (
        {},
        {"leave_out": ("age", "beta", "smokes")},
        "t.h5ad has no measurement left; name at least one measurement, or leave fewer out.",
    ),
    "missing": (
        {"x": np.where(DENSE == 3.0, np.nan, DENSE)},
        {},
        "t.h5ad, case 1e5, column 'smokes': the value is missing; impute it beforehand or leave the column out.",
    ),
    "infinite": (
        {"x": scipy.sparse.csc_matrix(np.where(DENSE == 3.0, -np.inf, DENSE))},
        {},
        "t.h5ad, case 1e5, column 'smokes': the value is infinite; impute it beforehand or leave the column out.",
    ),
    "fractional classes": (
        {"obs": {"k": [0.5, 1.0, 2.0]}},
        {"label": "k"},
        "t.h5ad: column 'k' of obs holds neither text nor whole numbers; name a column of names.",
    ),
    "missing class": (
        {"obs": {"k": pd.array([1, None, 2], dtype="Int64")}},
        {"label": "k"},
        "t.h5ad, case 1e5, column 'k': the class is missing; give the case a class or remove it.",
    ),
    "missing category": (
        {"obs": {"k": categories(["a", "b", None])}},
        {"label": "k"},
        "t.h5ad, case 2020-01-01, column 'k': the class is missing; give the case a class or remove it.",
    ),
    "case twice": (
        {"obs": {"k": ["a", "b", "a"]}},
        {"case": "k"},
        "t.h5ad, row 3: case a occurs a second time; remove or rename one of them.",
    ),
    "endless class": (
        {"obs": {"k": ["a", "b" * 5000, "c"]}},
        {"label": "k"},
        "t.h5ad has a name of more than 4000 bytes; name other columns.",
    ),
}


@pytest.mark.parametrize(("written", "asked", "message"), BAD.values(), ids=BAD)
def test_a_mistake_is_said(tmp_path: Path, written: dict[str, Any], asked: dict[str, Any], message: str) -> None:
    path = write_anndata(tmp_path / "t.h5ad", SMALL, **written)
    with pytest.raises(CohortError) as caught:
        read_here(path, request(**asked))
    assert str(caught.value) == message


def fewer_rows(file: h5py.File) -> None:
    del file["X"]
    file["X"] = DENSE[:2]


def old_obs(file: h5py.File) -> None:
    del file["obs"]
    file["obs"] = np.zeros(3, dtype=[("index", "i8")])


def no_var(file: h5py.File) -> None:
    del file["var"]


def linked_x(file: h5py.File) -> None:
    del file["X"]
    file["X"] = h5py.ExternalLink("/etc/passwd", "/X")


def linked_class(file: h5py.File) -> None:
    del file["obs/class"]
    file["obs/class"] = h5py.SoftLink("/obs/_index")


def external_x(file: h5py.File) -> None:
    del file["X"]
    file.create_dataset("X", shape=(3, 3), dtype="u1", external=[("/etc/passwd", 0, 9)])


def twice(file: h5py.File) -> None:
    file["var/_index"][2] = "age"


def latin_1(file: h5py.File) -> None:
    file["obs/_index"][1] = b"\xe9"


ALTERED: dict[Any, str] = {
    fewer_rows: (
        "t.h5ad has 3 names of cases and 3 of measurements where X has 2 rows and 3 columns; write the file again."
    ),
    old_obs: "t.h5ad is of an anndata before 0.7; read it with that and write it again.",
    no_var: "t.h5ad has no table 'var', so it is no AnnData file; write it with anndata.",
    linked_x: "t.h5ad: 'X' refers to another place or file; write the data into one file.",
    linked_class: "t.h5ad: 'class' refers to another place or file; write the data into one file.",
    external_x: "t.h5ad: 'X' refers to another place or file; write the data into one file.",
    twice: "t.h5ad has the measurement 'age' twice; rename or remove one of them.",
    latin_1: "t.h5ad holds text that is not UTF-8; write the table as UTF-8.",
}


@pytest.mark.parametrize(("alter", "message"), ALTERED.items(), ids=lambda value: getattr(value, "__name__", ""))
def test_a_file_that_is_not_as_anndata_writes_it_is_said(tmp_path: Path, alter: Any, message: str) -> None:
    assert refusal_of(tmp_path / "t.h5ad", alter) == message


@pytest.mark.parametrize("name", ["anndata.io", "h5py"])
def test_a_missing_library_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(CohortError) as caught:
        read_here(tmp_path / "t.h5ad")
    assert str(caught.value) == ("t.h5ad needs the library anndata, which is missing; install longcon[anndata].")


def test_a_missing_library_leaves_nothing_that_ends_the_process_later(tmp_path: Path) -> None:
    program = (
        "import io, sys, time; from pathlib import Path; sys.modules['h5py'] = None;"
        "from longcon.cohorts.table_anndata_child import send; from longcon.cohorts.table_columns import Request;"
        f"send(Path({str(tmp_path)!r}, 't.h5ad'), Request(None, None, None, (), 1000), io.BytesIO(), 0.2);"
        "time.sleep(1); print('alive')"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "alive\n"), done.stderr
