from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from longcon.cohorts import stratified_split
from longcon.errors import CohortError


@pytest.mark.parametrize(("cases", "holdout"), [(64, 16), (143, 36), (13, 3), (14, 4), (6, 2), (10, 2)])
def test_a_quarter_of_a_class_is_held_out(cases: int, holdout: int) -> None:
    assert stratified_split(["X"] * cases, seed=0).holdout.size == holdout


def test_a_seed_means_the_same_split_on_every_machine() -> None:
    split = stratified_split(["X", "Y"] * 6, seed=3)
    assert split.holdout.tolist() == [1, 2, 9, 10]
    assert split.holdout.dtype == np.int64


@given(
    classes=st.lists(st.sampled_from(["X", "Y", "Z"]), min_size=1, max_size=60).map(
        lambda drawn: drawn + list("XYZ") * 3
    ),
    seed=st.integers(0, 2**40),
)
def test_the_two_sides_partition_every_class(classes: list[str], seed: int) -> None:
    split = stratified_split(classes, seed)
    assert sorted([*split.training, *split.holdout]) == list(range(len(classes)))
    assert (np.diff(split.training) > 0).all()
    assert (np.diff(split.holdout) > 0).all()
    held = Counter(classes[case] for case in split.holdout)
    assert held == {name: round(0.25 * count) for name, count in Counter(classes).items()}


def test_another_class_moves_no_case() -> None:
    alone = stratified_split(["X"] * 20, seed=1)
    joined = stratified_split(["X"] * 20 + ["Y"] * 9, seed=1)
    assert [case for case in joined.holdout if case < 20] == alone.holdout.tolist()


@pytest.mark.parametrize(
    ("classes", "share", "message"),
    [
        (
            ["X"] * 8 + ["Y"] * 2,
            0.25,
            "Class 'Y' has 2 case(s), too few for a hold-out of 25%; leave the class out or change the share.",
        ),
        (
            ["X"] * 3,
            0.9,
            "Class 'X' has 3 case(s), too few for a hold-out of 90%; leave the class out or change the share.",
        ),
        (["X"] * 8, 1.0, "A hold-out share of 1 leaves one side empty; give one between 0 and 1."),
        (["X"] * 8, float("nan"), "A hold-out share of nan leaves one side empty; give one between 0 and 1."),
        ([], 0.25, "There are no cases to split; give the class of each case."),
    ],
)
def test_a_mistake_is_said_in_one_sentence(classes: list[str], share: float, message: str) -> None:
    with pytest.raises(CohortError) as caught:
        stratified_split(classes, 0, share)
    assert str(caught.value) == message
