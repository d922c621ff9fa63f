"""Reads an AnnData file (``.h5ad``) by way of a process of its own.

The C library of HDF5 crashes, or never returns, on about one in a thousand files with a few altered bytes. A crash
there must be a sentence here, so a child reads the file and sends names as JSON and values as plain numbers.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

import numpy as np

from longcon.cohorts.table_columns import Request
from longcon.cohorts.table_rows import Rows
from longcon.cohorts.text_stream import file_digest
from longcon.errors import CohortError

_CHILD = "longcon.cohorts.table_anndata_child"
# Seconds in which the child must read a further block of about 16 MB.
_PATIENCE = 120.0
_BLOCK_VALUES = 2_000_000


def read_anndata(path: Path, request: Request) -> tuple[Rows, str]:
    """Reads X, the names of its rows and columns, and a column of obs.

    Args:
        path: the file.
        request: which columns are read as what.

    Returns:
        The rows, and the SHA-256 of the file's bytes.

    Raises:
        CohortError: the file or the request cannot be used, or anndata is not installed; the message names file, case
            and column.
    """
    digest = file_digest(path)
    question = json.dumps({"path": str(path), "patience": _PATIENCE, **asdict(request)}).encode()
    command = [sys.executable, "-W", "ignore", "-m", _CHILD]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        try:
            _ask(process.stdin, question)
            return received(path, request, process.stdout), digest
        finally:
            process.kill()


def received(path: Path, request: Request, answer: IO[bytes] | None) -> Rows:
    """Returns the rows that the child sends: a line of JSON, then the values as little-endian float64.

    Raises:
        CohortError: the child says what is wrong with the file, ended too early, or sent values that cannot be used.
    """
    if answer is None:
        raise damaged(path)
    names = _names(path, answer.readline())
    rows = Rows(path.name, tuple(names["features"]), request.label, request.most_bytes)
    added = rows.add(names["cases"], names["labels"])
    if names["by_column"]:
        _fill_columns(path, rows, answer)
    else:
        _fill_rows(path, rows, answer)
    rows.check(added)
    return rows


def damaged(path: Path) -> CohortError:
    """Returns the error for a file that the child could not read to its end."""
    return CohortError(f"{path.name} is no AnnData file or is damaged; write it again or use another copy.")


def _ask(pipe: IO[bytes] | None, question: bytes) -> None:
    if pipe is None:
        return
    try:
        with pipe:
            pipe.write(question)
    except OSError:
        # A child that ended already is found out when it does not answer.
        return


def _names(path: Path, line: bytes) -> dict[str, Any]:
    if not line.endswith(b"\n"):
        raise damaged(path)
    names: dict[str, Any] = json.loads(line)
    if "error" in names:
        raise CohortError(names["error"])
    return names


def _fill_rows(path: Path, rows: Rows, answer: IO[bytes]) -> None:
    step = max(1, _BLOCK_VALUES // rows.values.shape[1])
    for start in range(0, rows.values.shape[0], step):
        block = rows.values[start : start + step]
        block[:] = _numbers(path, answer, block.size).reshape(block.shape)


def _fill_columns(path: Path, rows: Rows, answer: IO[bytes]) -> None:
    for column in range(rows.values.shape[1]):
        rows.values[:, column] = _numbers(path, answer, rows.values.shape[0])


def _numbers(path: Path, answer: IO[bytes], count: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    data = answer.read(8 * count)
    if len(data) < 8 * count:
        raise damaged(path)
    return np.frombuffer(data, dtype="<f8")
