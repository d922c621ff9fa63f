"""The tables: every number behind a figure, to its last bit."""

from __future__ import annotations

import csv
import io

import numpy as np

from longcon.figures import divergence_table, precision_recall_table
from tests.figures.standins import curve, pair


def _rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode())))


def test_every_operating_point_is_listed() -> None:
    rows = _rows(precision_recall_table([curve(1), curve(8, tau=None)]))
    assert len(rows) == 12
    assert [float(row["precision"]) for row in rows[:6]] == curve().precision.tolist()
    assert rows[1] == {"k": "1", "epoch": "10", "threshold": "0.8", "precision": "1.0", "recall": "0.5", "is_tau": "1"}
    assert [row["is_tau"] for row in rows] == ["0", "1", *("0" * 10)]


def test_every_update_is_listed() -> None:
    given = pair()
    given.residuals[3] = np.nan
    rows = _rows(divergence_table([given, pair(8, "float32", residuals=False)]))
    assert len(rows) == 42
    assert [float(row["sine"]) for row in rows[:21]] == given.sines.tolist()
    assert rows[5] == {
        "k": "1",
        "dtype": "float64",
        "updates": "5",
        "epoch": "1.0",
        "sine": repr(float(given.sines[5])),
        "exact_sine": "1e-11",
        "residual": repr(float(given.residuals[5])),
        "least_residual": repr(float(given.residuals[16])),
    }
    assert rows[3]["residual"] == ""
    assert rows[20]["residual"] == rows[20]["least_residual"] == ""
    assert {row["residual"] for row in rows[21:]} == {""}
    assert rows[-1]["dtype"] == "float32"
