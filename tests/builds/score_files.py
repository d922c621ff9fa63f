"""Scores of three cases, as commands leave them: in CSV and Parquet, whole or altered."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from longcon.builds.command_artefacts import read_scores

CASES = ("001", "2", "c, d")
CLASSES = ("GBM, MES", "b")
SCORES = np.array([[0.0, 1.0], [0.1, 0.9], [1 / 3, 5e-324]])
# A test of bytes writes its own file; that the folder is that of the test before is what is wanted.
SAME_FOLDER = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=300)


def csv_file(*rows: object, header: str = 'case,"GBM, MES",b') -> bytes:
    """Returns the text of a table in CSV."""
    return "".join(f"{line}\n" for line in (header, *rows)).encode()


def rows(**changes: str) -> list[str]:
    """Returns the lines of the whole table, with some of them changed."""
    whole = {"001": "001,0,1", "2": "2,0.1,0.9", "c": f'"c, d",{1 / 3!r},5e-324'}
    return list({**whole, **changes}.values())


VALID = csv_file(*rows())


def frame() -> pd.DataFrame:
    """Returns the whole table, its columns in another order."""
    return pd.DataFrame({"b": SCORES[:, 1], "case": CASES, "GBM, MES": SCORES[:, 0]})


def parquet_file(**columns: Any) -> bytes:
    """Returns the whole table in Parquet, with columns that are changed, or left out where they are None."""
    whole = {"case": list(CASES), "GBM, MES": SCORES[:, 0], "b": SCORES[:, 1]}
    table = {name: value for name, value in {**whole, **columns}.items() if value is not None}
    return written(lambda file: pq.write_table(pa.table(table), file))


def written(write: Callable[[Any], object]) -> bytes:
    """Returns the bytes that are written into a file."""
    file = io.BytesIO()
    write(file)
    return file.getvalue()


def read_written(out: Path, content: bytes, name: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Returns the scores that are read from the bytes of a file."""
    (out / name).write_bytes(content)
    return read_scores(out, CASES, CLASSES)


def mutated(valid: bytes) -> st.SearchStrategy[bytes]:
    """Returns valid bytes with some overwritten, cut out, or put in."""
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
