"""The roster of a build: read back as it was written, or refused with what is wrong."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from longcon.problems import Roster

NAMES = st.lists(st.text(), unique=True).map(tuple)
KNOWN = {
    "problem": "p",
    "classes": ["a", "b"],
    "target": "a",
    "holdout_cases": ["h0", "h1"],
    "holdout_labels": [0, 1],
    "prospective_cases": ["p0"],
    "simulated": True,
}


@given(cases=NAMES, prospective=NAMES, problem=st.text(), simulated=st.booleans())
def test_a_roster_is_read_as_it_was_written(
    cases: tuple[str, ...], prospective: tuple[str, ...], problem: str, simulated: bool
) -> None:
    labels = np.arange(len(cases)) % 2
    written = Roster(problem, ("a", "b"), "b", cases, labels, prospective, simulated=simulated).serialised()
    read = Roster.of(written)
    assert read.serialised() == written
    assert (read.holdout_cases, read.prospective_cases, read.target_index) == (cases, prospective, 1)
    assert read.holdout_labels.tolist() == labels.tolist()


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"more": 1}, "it lacks fields or has strange ones"),
    ({"target": "c"}, "its target is none of its classes"),
    ({"target": ["a"]}, "its target is none of its classes"),
    ({"classes": "ab"}, "'classes' are no names"),
    ({"classes": ["a", 2]}, "'classes' are no names"),
    ({"classes": ["a", "a"]}, "'classes' names one twice"),
    ({"prospective_cases": ["p0", "p0"]}, "'prospective_cases' names one twice"),
    ({"holdout_labels": [0]}, "'holdout_labels' are not one for each hold-out case"),
    ({"holdout_labels": [0, 2]}, "'holdout_labels' hold what is the number of no class"),
    ({"holdout_labels": [0, -1]}, "'holdout_labels' hold what is the number of no class"),
    ({"holdout_labels": [0, True]}, "'holdout_labels' hold what is the number of no class"),
    ({"holdout_labels": [0, 1.0]}, "'holdout_labels' hold what is the number of no class"),
    ({"problem": 3}, "'problem' is no name or 'simulated' no truth value"),
    ({"simulated": 0}, "'problem' is no name or 'simulated' no truth value"),
]


@pytest.mark.parametrize(("changed", "reason"), WRONG, ids=[str(changed) for changed, _ in WRONG])
def test_what_is_no_roster_is_refused(changed: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=f"^{reason}$"):
        Roster.of(json.dumps({**KNOWN, **changed}).encode())


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_strange_bytes_are_refused(content: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - json's own words
        Roster.of(content)
