from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from longcon.cohorts.table_rows import Rows
from longcon.errors import CohortError


def rows(most_bytes: int = 1 << 20) -> Rows:
    return Rows("t.csv", ("x", "y"), "class", most_bytes)


@given(st.lists(st.integers(0, 7), max_size=20).filter(any))
def test_blocks_of_any_size_stand_in_order(sizes: list[int]) -> None:
    table, count = rows(), 0
    for size in sizes:
        added = table.add([f" c{count + index} " for index in range(size)], [" k "] * size)
        table.values[added] = np.arange(2 * count, 2 * (count + size)).reshape(size, 2)
        table.check(added)
        count += size
    cases, labels, values = table.finished()
    assert cases == tuple(f"c{index}" for index in range(count))
    assert labels == ("k",) * count
    assert values.tolist() == np.arange(2 * count).reshape(count, 2).tolist()


TOO_LONG = "z" * 1001


@pytest.mark.parametrize(
    ("cases", "labels", "message"),
    [
        (["a", " "], ["k", "k"], "t.csv, row 2: the case has no identifier; give it one or remove the row."),
        (["a", None], ["k", "k"], "t.csv, row 2: the case has no identifier; give it one or remove the row."),
        (["a", "a "], ["k", "k"], "t.csv, row 2: case a occurs a second time; remove or rename one of them."),
        (
            [TOO_LONG],
            ["k"],
            "t.csv, row 1: the identifier has more than 1000 letters; name the column of identifiers.",
        ),
        (
            ["a", "b"],
            ["k", "\t"],
            "t.csv, case b, column 'class': the class is missing; give the case a class or remove it.",
        ),
        (
            ["a", "b"],
            [None, "k"],
            "t.csv, case a, column 'class': the class is missing; give the case a class or remove it.",
        ),
        (
            ["a"],
            [TOO_LONG],
            "t.csv, case a, column 'class': the class has more than 1000 letters; name the column of classes.",
        ),
    ],
)
def test_a_name_that_cannot_be_used_is_said(cases: list[Any], labels: list[Any], message: str) -> None:
    with pytest.raises(CohortError) as caught:
        rows().add(cases, labels)
    assert str(caught.value) == message


@pytest.mark.parametrize(("value", "what"), [(np.nan, "missing"), (np.inf, "infinite"), (-np.inf, "infinite")])
def test_a_value_that_is_not_finite_is_said(value: float, what: str) -> None:
    table = rows()
    added = table.add(["a", "b"], ["k", "k"])
    table.values[added] = np.array([[1.0, 2.0], [3.0, value]])
    with pytest.raises(CohortError) as caught:
        table.check(added)
    assert str(caught.value) == (
        f"t.csv, case b, column 'y': the value is {what}; impute it beforehand or leave the column out."
    )


@pytest.mark.parametrize(("most", "said"), [(100, "100 bytes"), (1536, "1.5 KB"), (3 << 20, "3 MB"), (8 << 30, "8 GB")])
def test_a_table_is_refused_before_it_takes_memory(most: int, said: str) -> None:
    with pytest.raises(CohortError) as caught:
        rows(most).check_size(most // 16 + 1)
    assert str(caught.value) == (
        f"t.csv holds a table of more than {said}, which is the most allowed; leave columns or cases out, "
        "or allow more."
    )


def test_names_count_too() -> None:
    table = rows(1 << 10)
    with pytest.raises(CohortError, match=r"holds a table of more than 1 KB"):
        table.add(["a" * 900, "b" * 900], ["k", "k"])


def test_a_table_without_rows_is_refused() -> None:
    with pytest.raises(CohortError) as caught:
        rows().finished()
    assert str(caught.value) == "t.csv has no row of values; give a table with one row per case."
