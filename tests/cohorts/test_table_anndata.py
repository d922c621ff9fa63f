"""An AnnData file as a table, by way of a process: what it says of the file arrives, and its end is damage."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse
from hypothesis import given, settings
from hypothesis import strategies as st

from longcon.cohorts import read_table, table_anndata
from longcon.errors import CohortError
from tests.cohorts.table_files import DENSE, EVERYTHING, SMALL, mutated, write_anndata

DAMAGED = "t.h5ad is no AnnData file or is damaged; write it again or use another copy."


def test_a_mistake_is_said_across_processes(tmp_path: Path) -> None:
    with pytest.raises(CohortError) as caught:
        read_table(write_anndata(tmp_path / "t.h5ad", SMALL), label="clas")
    assert str(caught.value) == "t.h5ad has no column of obs 'clas' - did you mean 'class'?"


def test_a_child_that_ends_early_means_damage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Too little time to import anything is what a file is like on which HDF5 never returns.
    monkeypatch.setattr(table_anndata, "_PATIENCE", 0.01)
    with pytest.raises(CohortError) as caught:
        read_table(write_anndata(tmp_path / "t.h5ad", SMALL))
    assert str(caught.value) == DAMAGED


@pytest.mark.parametrize("kept", [100, -1])
def test_a_file_cut_short_is_damaged(tmp_path: Path, kept: int) -> None:
    path = write_anndata(tmp_path / "t.h5ad", SMALL)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(CohortError) as caught:
        read_table(path)
    assert str(caught.value) == DAMAGED


@settings(max_examples=4)
@given(
    st.lists(st.tuples(st.integers(0, 1 << 30), st.integers(0, 255)), min_size=1, max_size=20),
    st.sampled_from([None, scipy.sparse.csr_matrix(DENSE), scipy.sparse.csc_matrix(DENSE)]),
)
def test_an_altered_file_is_a_table_or_an_error(changes: list[tuple[int, int]], x: Any) -> None:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(table_anndata, "_PATIENCE", 10.0)
        path = write_anndata(Path(folder, "t.h5ad"), SMALL, x)
        path.write_bytes(mutated(path.read_bytes(), changes, 1.0))
        try:
            table = read_table(path, label=EVERYTHING.label, most_bytes=1 << 20)
        except CohortError:
            return
        assert table.values.shape == (len(table.cases), len(table.features))
        assert np.isfinite(table.values).all()
