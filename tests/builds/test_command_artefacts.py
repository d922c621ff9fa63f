"""What commands leave: scores of every case and parameters are read to the bit, or refused in one sentence."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import save
from safetensors.torch import save as save_torch

from longcon.builds.command_artefacts import PARAMETERS, read_parameters, read_scores
from longcon.errors import BuildError
from tests.builds.score_files import (
    CASES,
    CLASSES,
    SAME_FOLDER,
    VALID,
    csv_file,
    mutated,
    parquet_file,
    read_written,
    rows,
)

BOTH = "write a row for every case of the hold-out and the prospective set"
WRONG_ROWS: list[tuple[bytes, str]] = [
    (csv_file(), f"scores.csv lacks 3 cases of 3, '001', '2', 'c, d': {BOTH}."),
    (csv_file(*rows()[1:]), f"scores.csv lacks 1 case of 3, '001': {BOTH}."),
    (csv_file(*rows(), "2,0,0"), "scores.csv has case '2' twice: write one row for every case."),
    (
        csv_file(*rows(**{"001": "0001,0,1"})),
        "scores.csv has 1 case that is neither in the hold-out nor in the prospective set, '0001' - did you mean '001'?"
        ": write a row for the cases of these two alone.",
    ),
    (
        csv_file(*rows(), *(f"new{i}\x1b,0,0" for i in range(1000))),
        "scores.csv has 1,000 cases that are neither in the hold-out nor in the prospective set, first 'new0?', "
        "'new1?', 'new2?': write a row for the cases of these two alone.",
    ),
]
WRONG_VALUES = [
    ("NaN", "scores.csv: the score nan of case '2' in column 'b' is no score: write scores from 0 to 1."),
    ("-inf", "scores.csv: the score -inf of case '2' in column 'b' is no score: write scores from 0 to 1."),
    ("1.5", "scores.csv: the score 1.5 of case '2' in column 'b' is outside [0, 1]: write scores from 0 to 1."),
    ("-1e-9", "scores.csv: the score -1e-09 of case '2' in column 'b' is outside [0, 1]: write scores from 0 to 1."),
]
REFUSED = [
    *WRONG_ROWS,
    *((csv_file(*rows(**{"2": f"2,0.5,{value}"})), text) for value, text in WRONG_VALUES),
]


@pytest.mark.parametrize(
    ("content", "text"), REFUSED, ids=[f"{place} {text[:60]}" for place, (_, text) in enumerate(REFUSED)]
)
def test_scores_that_are_refused(tmp_path: Path, content: bytes, text: str) -> None:
    with pytest.raises(BuildError) as error:
        read_written(tmp_path, content, "scores.csv")
    assert str(error.value) == text


def _two(out: Path) -> None:
    (out / "scores.csv").write_bytes(VALID)
    (out / "scores.parquet").write_bytes(parquet_file())


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
@given(st.binary() | mutated(save(ARRAYS)))
def test_any_bytes_are_refused_or_parameters(tmp_path: Path, content: bytes) -> None:
    (tmp_path / PARAMETERS).write_bytes(content)
    try:
        read = read_parameters(tmp_path)
    except BuildError:
        return
    assert read is not None
    assert sum(array.nbytes for array in read.values()) <= len(content)
    assert all(array.dtype in (np.float32, np.float64) and np.isfinite(array).all() for array in read.values())
