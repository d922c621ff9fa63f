"""What commands leave: scores and parameters of any writer are read rightly, or refused in one sentence."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.numpy import save
from safetensors.torch import save as save_torch

from longcon.builds.command_artefacts import PARAMETERS, read_parameters, read_scores
from longcon.errors import BuildError
from tests.cohorts.fuzz import in_own_process

CASES = ("001", "2", "c, d")
CLASSES = ("GBM, MES", "b")
SCORES = np.array([[0.0, 1.0], [0.1, 0.9], [1 / 3, 5e-324]])
ADVICE = "write a column 'case' and one for each class"
BOTH = "write a row for every case of the hold-out and the prospective set"
# A test of bytes writes its own file; that the folder is that of the test before is what is wanted.
SAME_FOLDER = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=300)


def _csv(*rows: object, header: str = 'case,"GBM, MES",b') -> bytes:
    return "".join(f"{line}\n" for line in (header, *rows)).encode()


def _rows(**changes: str) -> list[str]:
    rows = {"001": "001,0,1", "2": "2,0.1,0.9", "c": f'"c, d",{1 / 3!r},5e-324'}
    return list({**rows, **changes}.values())


VALID = _csv(*_rows())


def _parquet(**columns: Any) -> bytes:
    written = io.BytesIO()
    whole = {"case": list(CASES), "GBM, MES": SCORES[:, 0], "b": SCORES[:, 1]}
    table = {name: value for name, value in {**whole, **columns}.items() if value is not None}
    pq.write_table(pa.table(table), written)
    return written.getvalue()


def _read(out: Path, content: bytes, name: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    (out / name).write_bytes(content)
    return read_scores(out, CASES, CLASSES)


def _frame() -> pd.DataFrame:
    return pd.DataFrame({"b": SCORES[:, 1], "case": CASES, "GBM, MES": SCORES[:, 0]})


def _written(write: Callable[[Any], object]) -> bytes:
    written = io.BytesIO()
    write(written)
    return written.getvalue()


# The same table from many writers: other orders, quotes, line ends, types.
WRITERS: dict[str, tuple[str, bytes]] = {
    "by hand": ("scores.csv", VALID),
    "Windows": ("scores.csv", b"\xef\xbb\xbf" + VALID.replace(b"\n", b"\r\n")),
    "no last line end": ("scores.csv", VALID.rstrip()),
    "other order": ("scores.csv", _csv(*reversed(_rows()))),
    "R": (
        "scores.csv",
        _csv('"001",0,1', '"2",0.1,0.9', '"c, d",' + f"{1 / 3!r},5e-324", header='"case","GBM, MES","b"'),
    ),
    "blanks": ("scores.csv", _csv(*_rows(**{"2": "2, 0.1 ,0.9"}), "")),
    "pandas": ("scores.csv", _written(lambda file: _frame().to_csv(file, index=False))),
    "pandas, Parquet": ("scores.parquet", _written(lambda file: _frame().to_parquet(file, index=False))),
    "pandas, case as index": ("scores.parquet", _written(lambda file: _frame().set_index("case").to_parquet(file))),
    "pandas, category": (
        "scores.parquet",
        _written(lambda file: _frame().astype({"case": "category"}).to_parquet(file, index=False)),
    ),
    "Parquet": ("scores.parquet", _parquet()),
    "large text": ("scores.parquet", _parquet(case=pa.array(CASES, pa.large_string()))),
}


@pytest.mark.parametrize("writer", WRITERS)
def test_every_writers_scores_are_read_to_the_bit(tmp_path: Path, writer: str) -> None:
    name, content = WRITERS[writer]
    assert _read(tmp_path, content, name).tobytes() == SCORES.tobytes()


def test_whole_numbers_are_names_and_scores(tmp_path: Path) -> None:
    table = pa.table({"case": pa.array([-1, 20], pa.int64()), "a": pa.array([1, 0], pa.uint8())})
    pq.write_table(table, tmp_path / "scores.parquet")
    assert read_scores(tmp_path, ["20", "-1"], ["a"]).tolist() == [[0.0], [1.0]]


def test_single_precision_is_widened(tmp_path: Path) -> None:
    content = _parquet(b=SCORES[:, 1].astype(np.float32), **{"GBM, MES": SCORES[:, 0].astype(np.float16)})
    read = _read(tmp_path, content, "scores.parquet")
    assert np.array_equal(read[:, 1], SCORES[:, 1].astype(np.float32))
    assert np.array_equal(read[:, 0], SCORES[:, 0].astype(np.float16))


NO_TABLE: list[tuple[bytes, str]] = [
    (b"", f"scores.csv lacks the column 'case': {ADVICE}."),
    (b"\0\xff", f"scores.csv does not begin with names in CSV and UTF-8: {ADVICE}."),
    (b'case,"GBM', f"scores.csv does not begin with names in CSV and UTF-8: {ADVICE}."),
    (b"," * 70_000, f"scores.csv begins with a line of 70,000 bytes: {ADVICE}."),
    (_csv(header="case,b"), f"scores.csv lacks the column 'GBM, MES': {ADVICE}."),
    (
        _csv(header="case,b,GBM MES"),
        f"scores.csv has the unknown column 'GBM MES' - did you mean 'GBM, MES'?: {ADVICE}.",
    ),
    (
        _csv(header='case;"GBM, MES";b'),
        f"scores.csv has the unknown column 'case;\"GBM' - did you mean 'case'?: {ADVICE}.",
    ),
    (_csv(header='case,"GBM, MES",b,b'), f"scores.csv has twice the column 'b': {ADVICE}."),
    (_csv(header="\x1b[2J,b"), f"scores.csv has the unknown column '?[2J': {ADVICE}."),
    (_csv("a,1"), f"scores.csv is not CSV in UTF-8 with 3 fields in every line: {ADVICE}."),
    (_csv("a,1,2,3"), f"scores.csv is not CSV in UTF-8 with 3 fields in every line: {ADVICE}."),
    (VALID + b"\xff,1,1", f"scores.csv is not CSV in UTF-8 with 3 fields in every line: {ADVICE}."),
]
WRONG_ROWS: list[tuple[bytes, str]] = [
    (_csv(), f"scores.csv lacks 3 cases of 3, '001', '2', 'c, d': {BOTH}."),
    (_csv(*_rows()[1:]), f"scores.csv lacks 1 case of 3, '001': {BOTH}."),
    (_csv(*_rows(), "2,0,0"), "scores.csv has case '2' twice: write one row for every case."),
    (
        _csv(*_rows(**{"001": "0001,0,1"})),
        "scores.csv has 1 case that is neither in the hold-out nor in the prospective set, '0001' - did you mean '001'?"
        ": write a row for the cases of these two alone.",
    ),
    (
        _csv(*_rows(), *(f"new{i}\x1b,0,0" for i in range(1000))),
        "scores.csv has 1,000 cases that are neither in the hold-out nor in the prospective set, first 'new0?', "
        "'new1?', 'new2?': write a row for the cases of these two alone.",
    ),
    (
        _csv(*(["a,0,0"] * 1007)),
        "scores.csv has 1,007 rows for 3 cases: write one row for every case.",
    ),
]
WRONG_VALUES = [
    ("", "scores.csv: '' of case '2' in column 'b' is not a number: write scores from 0 to 1."),
    ("x\x1b", "scores.csv: 'x?' of case '2' in column 'b' is not a number: write scores from 0 to 1."),
    ("1_0", "scores.csv: '1_0' of case '2' in column 'b' is not a number: write scores from 0 to 1."),
    ('"0,5"', "scores.csv: '0,5' of case '2' in column 'b' is not a number: write scores from 0 to 1."),
    ("NaN", "scores.csv: the score nan of case '2' in column 'b' is no score: write scores from 0 to 1."),
    ("-inf", "scores.csv: the score -inf of case '2' in column 'b' is no score: write scores from 0 to 1."),
    ("1.5", "scores.csv: the score 1.5 of case '2' in column 'b' is outside [0, 1]: write scores from 0 to 1."),
    ("-1e-9", "scores.csv: the score -1e-09 of case '2' in column 'b' is outside [0, 1]: write scores from 0 to 1."),
]
REFUSED_CSV = [
    *NO_TABLE,
    *WRONG_ROWS,
    *((_csv(*_rows(**{"2": f"2,0.5,{value}"})), text) for value, text in WRONG_VALUES),
]
REFUSED_PARQUET: list[tuple[bytes, str]] = [
    (b"PAR1", "scores.parquet is not in the format of Parquet: write it with a library that knows it."),
    (_parquet(b=None), f"scores.parquet lacks the column 'b': {ADVICE}."),
    (
        _written(lambda file: _frame().set_index(pd.Index([2, 3, 4])).to_parquet(file, index=True)),
        f"scores.parquet has the unknown column '__index_level_0__': {ADVICE}.",
    ),
    (
        _parquet(case=[1.0, 2.0, 3.0]),
        "scores.parquet: column 'case' is of type double: write text or whole numbers.",
    ),
    (
        _parquet(case=["001", None, "c, d"]),
        "scores.parquet: column 'case' has a row without a name: name the case of every row.",
    ),
    (_parquet(b=["0", "1", "0"]), "scores.parquet: column 'b' is of type string: write numbers."),
    (_parquet(b=[True, False, True]), "scores.parquet: column 'b' is of type bool: write numbers."),
    (
        _parquet(b=[0.5, None, 0.5]),
        "scores.parquet: the score nan of case '2' in column 'b' is no score: write scores from 0 to 1.",
    ),
    (
        # A million rows take a few hundred bytes where they are all alike.
        _written(
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
def test_what_is_refused(tmp_path: Path, name: str, content: bytes, text: str) -> None:
    with pytest.raises(BuildError) as error:
        _read(tmp_path, content, name)
    assert str(error.value) == text


def _two(out: Path) -> None:
    (out / "scores.csv").write_bytes(VALID)
    (out / "scores.parquet").write_bytes(_parquet())


def _link(out: Path) -> None:
    (out.parent / "elsewhere.csv").write_bytes(VALID)
    (out / "scores.csv").symlink_to(out.parent / "elsewhere.csv")


def _large(out: Path) -> None:
    with (out / "scores.csv").open("wb") as file:
        file.truncate(1 << 40)


PLACES: dict[str, tuple[Callable[[Path], object], str]] = {
    "nothing": (
        lambda _: None,
        "The command left neither scores.parquet nor scores.csv in {out}: write one of them there.",
    ),
    "two": (_two, "The command left both scores.parquet and scores.csv: write one of them."),
    "a link": (_link, "scores.csv is a link, a folder or a device: write a file."),
    "a link to nothing": (
        lambda out: (out / "scores.csv").symlink_to("nothing"),
        "scores.csv is a link, a folder or a device: write a file.",
    ),
    "a folder": (
        lambda out: (out / "scores.parquet").mkdir(),
        "scores.parquet is a link, a folder or a device: write a file.",
    ),
    "a pipe": (lambda out: os.mkfifo(out / "scores.csv"), "scores.csv is a link, a folder or a device: write a file."),
    "a large file": (
        _large,
        "scores.csv has 1,099,511,627,776 bytes, where 67,109,248 are enough: write nothing else into it.",
    ),
}


@pytest.mark.parametrize("place", PLACES)
def test_what_is_no_file_of_scores(tmp_path: Path, place: str) -> None:
    out = tmp_path / "out"
    out.mkdir()
    make, text = PLACES[place]
    make(out)
    with pytest.raises(BuildError) as error:
        read_scores(out, CASES, CLASSES)
    assert str(error.value) == text


@SAME_FOLDER
@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=20), st.data())
def test_any_scores_come_back_in_every_bit(
    tmp_path: Path, values: list[tuple[float, float]], data: st.DataObject
) -> None:
    names = st.text(st.characters(exclude_categories=("Cs", "Cc"))).filter(lambda text: text.strip() != "")
    cases = data.draw(st.lists(names, min_size=len(values), max_size=len(values), unique=True))
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n", quoting=csv.QUOTE_ALL)
    order = data.draw(st.permutations(range(len(values))))
    writer.writerows([["case", *CLASSES], *([cases[row], *map(repr, values[row])] for row in order)])
    (tmp_path / "scores.csv").write_text(written.getvalue(), encoding="utf-8")
    assert read_scores(tmp_path, cases, CLASSES).tobytes() == np.array(values).tobytes()


def _is_right(out: Path, content: bytes, name: str) -> bool:
    """Whether bytes are refused, or read as a table that another reader finds in them too."""
    try:
        scores = _read(out, content, name)
    except BuildError as error:
        return "\n" not in str(error) and str(error).endswith(".")
    found = scores.shape == SCORES.shape and bool(((scores >= 0) & (scores <= 1)).all())
    if name == "scores.parquet":
        return found
    rows = [row for row in csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")) if row["case"]]
    others = {row["case"]: [float(row[label]) for label in CLASSES] for row in rows}
    return found and [others[case] for case in CASES] == scores.tolist()


def _mutations(valid: bytes) -> st.SearchStrategy[bytes]:
    """Valid bytes with some overwritten, cut out, or put in."""
    places = st.integers(0, len(valid))
    edit = st.tuples(
        places, st.integers(0, 8), st.binary(max_size=8) | st.sampled_from([b"\n", b",", b'"', b"\xff\xff"])
    )

    def apply(edits: list[tuple[int, int, bytes]]) -> bytes:
        content = valid
        for place, removed, added in edits:
            content = content[:place] + added + content[place + removed :]
        return content

    return st.lists(edit, min_size=1, max_size=4).map(apply)


@SAME_FOLDER
@given(st.binary() | st.text().map(str.encode) | _mutations(VALID))
def test_any_bytes_of_csv_are_refused_or_read_rightly(tmp_path: Path, content: bytes) -> None:
    assert _is_right(tmp_path, content, "scores.csv")


@pytest.mark.skipif(not in_own_process(), reason="run in a process of its own by tests/cohorts/test_fuzz.py")
@settings(derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary() | _mutations(_parquet()) | _mutations(WRITERS["pandas, category"][1]))
def test_any_bytes_of_parquet_are_refused_or_read_rightly(tmp_path: Path, content: bytes) -> None:
    assert _is_right(tmp_path, content, "scores.parquet")


@pytest.mark.skipif(not in_own_process(), reason="run in a process of its own by tests/cohorts/test_fuzz.py")
def test_every_byte_of_a_parquet_footer_may_be_wrong(tmp_path: Path) -> None:
    """Some wrong bytes end the process that asks pyarrow for what the footer says of a column."""
    valid = _parquet()
    footer = len(valid) - 8 - int.from_bytes(valid[-8:-4], "little")
    wrong = [(place, valid[place] ^ 1) for place in range(footer, len(valid))]
    assert all(
        _is_right(tmp_path, valid[:place] + bytes([byte]) + valid[place + 1 :], "scores.parquet")
        for place, byte in wrong
    )


ARRAYS = {"weight": np.arange(6, dtype=np.float32).reshape(2, 3), "bias": np.array(1 / 3), "empty": np.empty((0, 4))}


def test_parameters_are_read_to_the_bit_and_may_be_left_out(tmp_path: Path) -> None:
    assert read_parameters(tmp_path) is None
    (tmp_path / PARAMETERS).write_bytes(save(ARRAYS))
    read = read_parameters(tmp_path)
    assert read is not None
    assert list(read) == sorted(ARRAYS)
    assert all((read[name].dtype, read[name].shape) == (a.dtype, a.shape) for name, a in ARRAYS.items())
    assert all(read[name].tobytes() == array.tobytes() for name, array in ARRAYS.items())


NO_PARAMETERS: list[tuple[bytes, str]] = [
    (b"", "is not in the format of safetensors: write it with that library."),
    (save({"a": np.ones(3)})[:-1], "is not in the format of safetensors: write it with that library."),
    (save({}), " holds no number: write the parameters there, or leave no such file."),
    (save({"a": np.empty(0)}), " holds no number: write the parameters there, or leave no such file."),
    (save({"a\x1b": np.array([1, np.nan])}), ": 'a?' holds NaN or infinity: end the training before it does."),
    (save({"a": np.array(np.inf, np.float32)}), ": 'a' holds NaN or infinity: end the training before it does."),
    (save({"a": np.ones(3, np.float16)}), ": 'a' is of type F16: write float32 or float64."),
    (save({"a": np.ones(3, np.int64)}), ": 'a' is of type I64: write float32 or float64."),
    (save_torch({"a": torch.ones(3, dtype=torch.bfloat16)}), ": 'a' is of type BF16: write float32 or float64."),
]


@pytest.mark.parametrize(("content", "text"), NO_PARAMETERS, ids=[f"{i}" for i in range(len(NO_PARAMETERS))])
def test_parameters_that_are_refused(tmp_path: Path, content: bytes, text: str) -> None:
    (tmp_path / PARAMETERS).write_bytes(content)
    with pytest.raises(BuildError) as error:
        read_parameters(tmp_path)
    assert str(error.value) == f"{PARAMETERS} {text}" if text.startswith("is") else f"{PARAMETERS}{text}"


def test_parameters_must_be_a_file_of_bounded_size(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_bytes(save(ARRAYS))
    (tmp_path / PARAMETERS).symlink_to("elsewhere")
    with pytest.raises(BuildError) as error:
        read_parameters(tmp_path)
    assert str(error.value) == f"{PARAMETERS} is a link, a folder or a device: write a file."
    (tmp_path / PARAMETERS).unlink()
    (tmp_path / "elsewhere").rename(tmp_path / PARAMETERS)
    with pytest.raises(BuildError) as error:
        read_parameters(tmp_path, largest=100)
    size = (tmp_path / PARAMETERS).stat().st_size
    assert str(error.value) == f"{PARAMETERS} has {size} bytes, where 100 are enough: write nothing else into it."


@SAME_FOLDER
@given(st.binary() | _mutations(save(ARRAYS)))
def test_any_bytes_are_refused_or_parameters(tmp_path: Path, content: bytes) -> None:
    (tmp_path / PARAMETERS).write_bytes(content)
    try:
        read = read_parameters(tmp_path)
    except BuildError:
        return
    assert read is not None
    assert sum(array.nbytes for array in read.values()) <= len(content)
    assert all(array.dtype in (np.float32, np.float64) and np.isfinite(array).all() for array in read.values())
