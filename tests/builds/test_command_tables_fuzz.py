"""Tables of scores in any bytes: refused, or read as another reader reads them too."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from longcon.builds.command_artefacts import read_scores
from longcon.errors import BuildError
from tests.builds.score_files import (
    CASES,
    CLASSES,
    SAME_FOLDER,
    SCORES,
    VALID,
    frame,
    mutated,
    parquet_file,
    read_written,
    written,
)
from tests.cohorts.fuzz import in_own_process

PARQUET = parquet_file()
CATEGORY = written(lambda file: frame().astype({"case": "category"}).to_parquet(file, index=False))


@SAME_FOLDER
@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=20), st.data())
def test_any_scores_come_back_in_every_bit(
    tmp_path: Path, values: list[tuple[float, float]], data: st.DataObject
) -> None:
    names = st.text(st.characters(exclude_categories=("Cs", "Cc"))).filter(lambda text: text.strip() != "")
    cases = data.draw(st.lists(names, min_size=len(values), max_size=len(values), unique=True))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL)
    order = data.draw(st.permutations(range(len(values))))
    writer.writerows([["case", *CLASSES], *([cases[row], *map(repr, values[row])] for row in order)])
    (tmp_path / "scores.csv").write_text(text.getvalue(), encoding="utf-8")
    assert read_scores(tmp_path, cases, CLASSES).tobytes() == np.array(values).tobytes()


def _is_right(out: Path, content: bytes, name: str) -> bool:
    """Whether bytes are refused, or read as a table that another reader finds in them too."""
    try:
        scores = read_written(out, content, name)
    except BuildError as error:
        return "\n" not in str(error) and str(error).endswith(".")
    found = scores.shape == SCORES.shape and bool(((scores >= 0) & (scores <= 1)).all())
    if name == "scores.parquet":
        return found
    rows = [row for row in csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")) if row["case"]]
    others = {row["case"]: [float(row[label]) for label in CLASSES] for row in rows}
    return found and [others[case] for case in CASES] == scores.tolist()


@SAME_FOLDER
@given(st.binary() | st.text().map(str.encode) | mutated(VALID))
def test_any_bytes_of_csv_are_refused_or_read_rightly(tmp_path: Path, content: bytes) -> None:
    assert _is_right(tmp_path, content, "scores.csv")


@pytest.mark.skipif(not in_own_process(), reason="run in a process of its own by tests/cohorts/test_fuzz.py")
@settings(derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary() | mutated(PARQUET) | mutated(CATEGORY))
def test_any_bytes_of_parquet_are_refused_or_read_rightly(tmp_path: Path, content: bytes) -> None:
    assert _is_right(tmp_path, content, "scores.parquet")


@pytest.mark.skipif(not in_own_process(), reason="run in a process of its own by tests/cohorts/test_fuzz.py")
def test_every_byte_of_a_parquet_footer_may_be_wrong(tmp_path: Path) -> None:
    """Some wrong bytes end the process that asks pyarrow for what the footer says of a column."""
    valid = PARQUET
    footer = len(valid) - 8 - int.from_bytes(valid[-8:-4], "little")
    wrong = [(place, valid[place] ^ 1) for place in range(footer, len(valid))]
    assert all(
        _is_right(tmp_path, valid[:place] + bytes([byte]) + valid[place + 1 :], "scores.parquet")
        for place, byte in wrong
    )
