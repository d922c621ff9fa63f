from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from longcon.cohorts import select_features
from longcon.errors import CohortError

NAN = np.nan


def test_the_widest_probes_come_first_and_ties_by_name() -> None:
    betas = np.array([[0.5, 0.5], [0.2, 0.8], [0.4, 0.6], [0.6, 0.4]], dtype=np.float32)
    assert select_features(betas, ["p", "q", "s", "r"], 3).tolist() == [1, 3, 2]


def test_missing_values_count_as_the_median() -> None:
    # Left out instead, the second probe would have the larger standard deviation.
    betas = np.array([[0.1, 0.5, 0.9, 0.5, 0.2], [0.0, NAN, 1.0, NAN, NAN]])
    assert select_features(betas, ["p", "q"], 2).tolist() == [1, 0]
    betas[1] = [0.2, NAN, 0.8, NAN, NAN]
    assert select_features(betas, ["p", "q"], 2).tolist() == [0, 1]


def test_a_probe_without_values_is_not_selected() -> None:
    betas = np.array([[NAN, NAN], [0.2, 0.2]])
    assert select_features(betas, ["p", "q"], 1).tolist() == [1]
    with pytest.raises(CohortError) as caught:
        select_features(betas, ["p", "q"], 2)
    assert str(caught.value) == (
        "2 features are asked for where 1 probes have values in the training cases; ask for 1 to 1."
    )


def test_names_and_rows_must_agree() -> None:
    with pytest.raises(CohortError) as caught:
        select_features(np.zeros((3, 2)), ["p"], 1)
    assert str(caught.value) == "There are 1 probe names for 3 rows of betas; give one name per row."


@given(seed=st.integers(0, 1000), count=st.integers(1, 30))
def test_the_selection_does_not_depend_on_the_order_of_rows(seed: int, count: int) -> None:
    random = np.random.default_rng(seed)
    # Few distinct values, so that ties are common.
    betas = random.integers(0, 3, (30, 4)).astype(np.float32) / 4
    betas[random.random((30, 4)) < 0.1] = NAN
    betas[:, 0] = 0.25
    names = np.array([f"cg{number:02d}" for number in range(30)])
    order = random.permutation(30)
    straight = names[select_features(betas, names.tolist(), count)]
    permuted = names[order][select_features(betas[order], names[order].tolist(), count)]
    assert straight.tolist() == permuted.tolist()


def test_deviations_agree_with_numpys() -> None:
    betas = np.random.default_rng(0).random((200, 31))
    expected = np.argsort(-betas.std(axis=1), kind="stable")
    names = [f"cg{number:03d}" for number in range(200)]
    assert select_features(betas, names, 200).tolist() == expected.tolist()
