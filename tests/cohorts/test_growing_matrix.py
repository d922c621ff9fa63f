from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from longcon.cohorts import growing_matrix
from longcon.cohorts.growing_matrix import GrowingMatrix


@given(st.lists(st.integers(0, 20), max_size=12))
def test_rows_come_back_as_they_were_added(sizes: list[int]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(growing_matrix, "_SLAB_BYTES", 7 * 3 * 4)
        matrix = GrowingMatrix(3)
    parts = [np.random.default_rng(size).random((size, 3)).astype(np.float32) for size in sizes]
    for part in parts:
        matrix.append(part)
    expected = np.concatenate([np.empty((0, 3), dtype=np.float32), *parts])
    finished = matrix.finished()
    np.testing.assert_array_equal(finished, expected)
    assert not finished.flags.writeable
