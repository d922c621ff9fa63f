"""Tables of scores: those of any writer are read rightly, and what is no such table is refused in one sentence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from longcon.builds.command_artefacts import read_scores
from longcon.errors import BuildError
from tests.builds.score_files import (
    CASES,
    CLASSES,
    SCORES,
    VALID,
    csv_file,
    frame,
    parquet_file,
    read_written,
    rows,
    written,
)

ADVICE = "write a column 'case' and one for each class"
# The same table from many writers: other orders, quotes, line ends, types.
WRITERS: dict[str, tuple[str, bytes]] = {
    "by hand": ("scores.csv", VALID),
    "Windows": ("scores.csv", b"\xef\xbb\xbf" + VALID.replace(b"\n", b"\r\n")),
    "no last line end": ("scores.csv", VALID.rstrip()),
    "other order": ("scores.csv", csv_file(*reversed(rows()))),
    "R": (
        "scores.csv",
        csv_file('"001",0,1', '"2",0.1,0.9', '"c, d",' + f"{1 / 3!r},5e-324", header='"case","GBM, MES","b"'),
    ),
    "blanks": ("scores.csv", csv_file(*rows(**{"2": "2, 0.1 ,0.9"}), "")),
    "pandas": ("scores.csv", written(lambda file: frame().to_csv(file, index=False))),
    "pandas, Parquet": ("scores.parquet", written(lambda file: frame().to_parquet(file, index=False))),
    "pandas, case as index": ("scores.parquet", written(lambda file: frame().set_index("case").to_parquet(file))),
    "pandas, category": (
        "scores.parquet",
        written(lambda file: frame().astype({"case": "category"}).to_parquet(file, index=False)),
    ),
    "Parquet": ("scores.parquet", parquet_file()),
    "large text": ("scores.parquet", parquet_file(case=pa.array(CASES, pa.large_string()))),
}


@pytest.mark.parametrize("writer", WRITERS)
def test_every_writers_scores_are_read_to_the_bit(tmp_path: Path, writer: str) -> None:
    name, content = WRITERS[writer]
    assert read_written(tmp_path, content, name).tobytes() == SCORES.tobytes()


def test_whole_numbers_are_names_and_scores(tmp_path: Path) -> None:
    table = pa.table({"case": pa.array([-1, 20], pa.int64()), "a": pa.array([1, 0], pa.uint8())})
    pq.write_table(table, tmp_path / "scores.parquet")
    assert read_scores(tmp_path, ["20", "-1"], ["a"]).tolist() == [[0.0], [1.0]]


def test_single_precision_is_widened(tmp_path: Path) -> None:
    content = parquet_file(b=SCORES[:, 1].astype(np.float32), **{"GBM, MES": SCORES[:, 0].astype(np.float16)})
    read = read_written(tmp_path, content, "scores.parquet")
    assert np.array_equal(read[:, 1], SCORES[:, 1].astype(np.float32))
    assert np.array_equal(read[:, 0], SCORES[:, 0].astype(np.float16))


NO_TABLE: list[tuple[bytes, str]] = [
    (b"", f"scores.csv lacks the column 'case': {ADVICE}."),
    (b"\0\xff", f"scores.csv does not begin with names in CSV and UTF-8: {ADVICE}."),
    (b'case,"GBM', f"scores.csv does not begin with names in CSV and UTF-8: {ADVICE}."),
    (b"," * 70_000, f"scores.csv begins with a line of 70,000 bytes: {ADVICE}."),
    (csv_file(header="case,b"), f"scores.csv lacks the column 'GBM, MES': {ADVICE}."),
    (
        csv_file(header="case,b,GBM MES"),
        f"scores.csv has the unknown column 'GBM MES' - did you mean 'GBM, MES'?: {ADVICE}.",
    ),
    (
        csv_file(header='case;"GBM, MES";b'),
        f"scores.csv has the unknown column 'case;\"GBM' - did you mean 'case'?: {ADVICE}.",
    ),
    (csv_file(header='case,"GBM, MES",b,b'), f"scores.csv has twice the column 'b': {ADVICE}."),
    (csv_file(header="\x1b[2J,b"), f"scores.csv has the unknown column '?[2J': {ADVICE}."),
    (csv_file("a,1"), f"scores.csv is not CSV in UTF-8 with 3 fields in every line: {ADVICE}."),
    (csv_file("a,1,2,3"), f"scores.csv is not CSV in UTF-8 with 3 fields in every line: {ADVICE}."),
    (VALID + b"\xff,1,1", f"scores.csv is not CSV in UTF-8 with 3 fields in every line: {ADVICE}."),
    (
        csv_file(*(["a,0,0"] * 1007)),
        "scores.csv has 1,007 rows for 3 cases: write one row for every case.",
    ),
]
NO_NUMBERS = [
    ("", "scores.csv: '' of case '2' in column 'b' is not a number: write scores from 0 to 1."),
    ("x\x1b", "scores.csv: 'x?' of case '2' in column 'b' is not a number: write scores from 0 to 1."),
    ("1_0", "scores.csv: '1_0' of case '2' in column 'b' is not a number: write scores from 0 to 1."),
    ('"0,5"', "scores.csv: '0,5' of case '2' in column 'b' is not a number: write scores from 0 to 1."),
]
REFUSED_CSV = [
    *NO_TABLE,
    *((csv_file(*rows(**{"2": f"2,0.5,{value}"})), text) for value, text in NO_NUMBERS),
]
REFUSED_PARQUET: list[tuple[bytes, str]] = [
    (b"PAR1", "scores.parquet is not in the format of Parquet: write it with a library that knows it."),
    (parquet_file(b=None), f"scores.parquet lacks the column 'b': {ADVICE}."),
    (
        written(lambda file: frame().set_index(pd.Index([2, 3, 4])).to_parquet(file, index=True)),
        f"scores.parquet has the unknown column '__index_level_0__': {ADVICE}.",
    ),
    (
        parquet_file(case=[1.0, 2.0, 3.0]),
        "scores.parquet: column 'case' is of type double: write text or whole numbers.",
    ),
    (
        parquet_file(case=["001", None, "c, d"]),
        "scores.parquet: column 'case' has a row without a name: name the case of every row.",
    ),
    (parquet_file(b=["0", "1", "0"]), "scores.parquet: column 'b' is of type string: write numbers."),
    (parquet_file(b=[True, False, True]), "scores.parquet: column 'b' is of type bool: write numbers."),
    (
        parquet_file(b=[0.5, None, 0.5]),
        "scores.parquet: the score nan of case '2' in column 'b' is no score: write scores from 0 to 1.",
    ),
    (
        # A million rows take a few hundred bytes where they are all alike.
        written(
            lambda file: pq.write_table(
                pa.table({"case": pa.array(["a"] * 10**6), **{name: np.zeros(10**6) for name in CLASSES}}), file
            )
        ),
        "scores.parquet has 1,000,000 rows for 3 cases: write one row for every case.",
    ),
]
REFUSED = [("scores.csv", *case) for case in REFUSED_CSV] + [("scores.parquet", *case) for case in REFUSED_PARQUET]


@pytest.mark.parametrize(
    ("name", "content", "text"), REFUSED, ids=[f"{place} {text[:60]}" for place, (*_, text) in enumerate(REFUSED)]
)
def test_what_is_no_table_of_scores(tmp_path: Path, name: str, content: bytes, text: str) -> None:
    with pytest.raises(BuildError) as error:
        read_written(tmp_path, content, name)
    assert str(error.value) == text
