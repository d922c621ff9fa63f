from __future__ import annotations

import numpy as np
import pytest

from longcon.cohorts import Cohort, check_same_probes
from longcon.errors import CohortError


def cohort(name: str, *probes: str) -> Cohort:
    values = np.arange(2 * len(probes)).reshape(len(probes), 2) / 100
    return Cohort(name, ("a", "b"), ("X", "Y"), ("FFPE", "FFPE"), probes, values.astype(np.float32))


def test_rows_take_the_references_order() -> None:
    matched = check_same_probes(cohort("R", "p", "q", "r"), cohort("P", "r", "p", "q"))
    assert matched.probes == ("p", "q", "r")
    assert matched.name == "P"
    np.testing.assert_array_equal(matched.betas, np.array([[0.02, 0.03], [0.04, 0.05], [0, 0.01]], dtype=np.float32))


def test_a_cohort_in_order_is_returned_as_it_is() -> None:
    prospective = cohort("P", "p", "q")
    assert check_same_probes(cohort("R", "p", "q"), prospective) is prospective


@pytest.mark.parametrize(
    ("reference", "prospective", "message"),
    [
        (
            ("p", "q", "r", "s", "t"),
            ("t",),
            "Cohort 'P' lacks 4 of the 5 probes of cohort 'R' (p, q, r, ...); "
            "give tables of the same array and processing.",
        ),
        (
            ("p",),
            ("q", "p"),
            "Cohort 'R' lacks 1 of the 2 probes of cohort 'P' (q); give tables of the same array and processing.",
        ),
    ],
)
def test_missing_probes_are_named(reference: tuple[str, ...], prospective: tuple[str, ...], message: str) -> None:
    with pytest.raises(CohortError) as caught:
        check_same_probes(cohort("R", *reference), cohort("P", *prospective))
    assert str(caught.value) == message
