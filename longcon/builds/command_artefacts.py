"""What a command leaves: the scores of every case, and parameters where it has any. Read as from a stranger."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from longcon.builds.command_tables import CASE, Table, csv_table, parquet_table, shown
from longcon.errors import BuildError, did_you_mean
from longcon.training import BUFFERS

PARAMETERS = "parameters.safetensors"
_READERS = {"scores.parquet": parquet_table, "scores.csv": csv_table}
# What any scores may take, and beyond it what each one may: a number in text, with room for the names of cases.
_ANY_SIZE, _SIZE_PER_SCORE = 64 << 20, 64
_DTYPES = {"F32": "float32", "F64": "float64"}
_FIRST = 3


def read_scores(out: Path, cases: Sequence[str], classes: Sequence[str]) -> NDArray[np.float64]:
    """Returns the scores that a command left.

    Args:
        out: the folder that it wrote in.
        cases: of the hold-out and the prospective set, all different.
        classes: names of the columns, all different, and none of them "case".

    Returns:
        Scores in [0, 1], cases x classes, in the order of both.

    Raises:
        BuildError: there is no such file or more than one, or it lacks a case or a class, holds another one, or holds
            what is no score.
    """
    found = [name for name in _READERS if os.path.lexists(out / name)]
    if len(found) != 1:
        raise BuildError(
            "The command left both scores.parquet and scores.csv: write one of them."
            if found
            else "The command left neither scores.parquet nor scores.csv in {out}: write one of them there."
        )
    (name,) = found
    content = _content(out / name, _ANY_SIZE + _SIZE_PER_SCORE * len(cases) * len(classes))
    table = _READERS[name](content, classes, len(cases))
    scores = table.scores[_rows(name, table, cases)]
    _require_scores(name, scores, cases, classes)
    return scores


def read_parameters(out: Path, *, largest: int = 8 << 30) -> dict[str, NDArray[Any]] | None:
    """Returns the parameters that a command left, by name, or None where it left none.

    Args:
        out: the folder that it wrote in.
        largest: bytes of the file at most.

    Raises:
        BuildError: they are in no such file, or are not finite numbers of float32 or float64.
    """
    path = out / PARAMETERS
    if not os.path.lexists(path):
        return None
    _require_file(path, largest)
    try:
        with safe_open(path, framework="numpy") as file:
            arrays = {name: _array(file, name) for name in sorted(file.keys())}
    except (SafetensorError, OSError, ValueError, TypeError, OverflowError, MemoryError) as error:
        raise BuildError(f"{PARAMETERS} is not in the format of safetensors: write it with that library.") from error
    if not any(array.size for array in arrays.values()):
        raise BuildError(f"{PARAMETERS} holds no number: write the parameters there, or leave no such file.")
    for name, array in arrays.items():
        # Under these names a state keeps what is no parameter, and the vector sine would not see it.
        if name.startswith(BUFFERS):
            raise BuildError(
                f"{PARAMETERS}: '{shown(name)}' begins with {BUFFERS}, as what is no parameter does: name it otherwise."
            )
        if not np.isfinite(array).all():
            raise BuildError(f"{PARAMETERS}: '{shown(name)}' holds NaN or infinity: end the training before it does.")
    return arrays


def _array(file: Any, name: str) -> NDArray[Any]:
    dtype = file.get_slice(name).get_dtype()
    if dtype not in _DTYPES:
        raise BuildError(f"{PARAMETERS}: '{shown(name)}' is of type {dtype}: write float32 or float64.")
    return np.asarray(file.get_tensor(name))


def _content(path: Path, largest: int) -> bytes:
    _require_file(path, largest)
    try:
        return path.read_bytes()
    except OSError as error:
        raise BuildError(f"{path.name} cannot be read ({error.strerror}): give rights to read it.") from error


def _require_file(path: Path, largest: int) -> None:
    # Nothing of the command's runs any more, so that what is looked at here is what is read.
    found = path.lstat()
    if not stat.S_ISREG(found.st_mode):
        raise BuildError(f"{path.name} is a link, a folder or a device: write a file.")
    if found.st_size > largest:
        raise BuildError(
            f"{path.name} has {found.st_size:,} bytes, where {largest:,} are enough: write nothing else into it."
        )


def _rows(name: str, table: Table, cases: Sequence[str]) -> list[int]:
    """Returns the row of every case."""
    row_of: dict[str, int] = {}
    for row, case in enumerate(table.cases):
        if row_of.setdefault(case, row) != row:
            raise BuildError(f"{name} has case '{shown(case)}' twice: write one row for every case.")
    known = set(cases)
    unknown = [case for case in table.cases if case not in known]
    missing = [case for case in cases if case not in row_of]
    if unknown:
        hint = did_you_mean(unknown[0], missing[:1000])
        raise BuildError(
            f"{name} has {_count(unknown)} that {'is' if len(unknown) == 1 else 'are'} neither in the hold-out nor in "
            f"the prospective set, {_names(unknown)}{hint}: write a row for the cases of these two alone."
        )
    if missing:
        raise BuildError(
            f"{name} lacks {_count(missing)} of {len(cases)}, {_names(missing)}: "
            "write a row for every case of the hold-out and the prospective set."
        )
    return [row_of[case] for case in cases]


def _require_scores(name: str, scores: NDArray[np.float64], cases: Sequence[str], classes: Sequence[str]) -> None:
    # Written so that NaN is none either.
    wrong = np.argwhere(~((scores >= 0) & (scores <= 1)))
    if len(wrong):
        row, column = wrong[0]
        value = scores[row, column]
        what = "is outside [0, 1]" if np.isfinite(value) else "is no score"
        raise BuildError(
            f"{name}: the score {value:g} of case '{shown(cases[row])}' in column '{shown(classes[column])}' {what}: "
            "write scores from 0 to 1."
        )


def _count(names: Sequence[str]) -> str:
    return "1 case" if len(names) == 1 else f"{len(names):,} cases"


def _names(names: Sequence[str]) -> str:
    first = ", ".join(f"'{shown(name)}'" for name in names[:_FIRST])
    return f"first {first}" if len(names) > _FIRST else first


__all__ = ["CASE", "PARAMETERS", "read_parameters", "read_scores"]
