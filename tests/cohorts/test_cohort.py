from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from longcon.cohorts import Cohort
from longcon.errors import CohortError

GOOD: dict[str, Any] = {
    "name": "small",
    "cases": ("a", "b"),
    "classes": ("X", "Y"),
    "materials": ("FFPE", "frozen"),
    "probes": ("cg1", "cg2", "cg3"),
    "betas": np.array([[0.1, 0.2], [np.nan, 1.0], [0.0, 0.5]], dtype=np.float32),
}


def test_the_betas_cannot_be_changed_from_outside() -> None:
    betas = GOOD["betas"].copy()
    cohort = Cohort(**{**GOOD, "betas": betas})
    betas[0, 0] = 0.9
    assert cohort.betas[0, 0] == np.float32(0.1)
    with pytest.raises(ValueError, match="read-only"):
        cohort.betas[0, 0] = 0.9


def test_a_read_only_array_is_not_copied() -> None:
    betas = GOOD["betas"].copy()
    betas.flags.writeable = False
    assert Cohort(**{**GOOD, "betas": betas}).betas is betas


MISTAKES = {
    "one case": (
        {"cases": ("a",)},
        "Cohort 'small' has 1 case(s) where at least 2 are needed; ask for more classes.",
    ),
    "no probe": (
        {"probes": ()},
        "Cohort 'small' has no probe; give a table with at least one.",
    ),
    "classes": (
        {"classes": ("X",)},
        "Cohort 'small' has 2 cases but 1 classes; give one for each case.",
    ),
    "shape": (
        {"probes": ("cg1", "cg2")},
        "Cohort 'small' has betas of shape (3, 2) where its 2 probes and 2 cases need (2, 2); "
        "give one row per probe and one column per case.",
    ),
    "cases": (
        {"cases": ("a", "a")},
        "Cohort 'small' has the case a twice; remove one of them.",
    ),
    "probes": (
        {"probes": ("cg1", "cg2", "cg1")},
        "Cohort 'small' has the probe cg1 twice; remove one of them.",
    ),
    "range": (
        {"betas": np.array([[0.1, 0.2], [0.3, 1.5], [0.0, 0.5]])},
        "Cohort 'small', probe cg2, case b: 1.5 is no beta value; give values from 0 to 1, or NaN for a missing one.",
    ),
    "infinite": (
        {"betas": np.array([[0.1, 0.2], [0.3, 0.5], [-np.inf, 0.5]])},
        "Cohort 'small', probe cg3, case a: -inf is no beta value; give values from 0 to 1, or NaN for a missing one.",
    ),
}


@pytest.mark.parametrize(("change", "message"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_said_in_one_sentence(change: dict[str, Any], message: str) -> None:
    with pytest.raises(CohortError) as caught:
        Cohort(**{**GOOD, **change})
    assert str(caught.value) == message


def test_the_digest_is_that_of_known_bytes() -> None:
    assert Cohort(**GOOD).digest == "dce4dad24823ce1917dc4cd5b1d297b888a6580e0b494d583f7d71efcdf52e4a"


@pytest.mark.parametrize(
    "change",
    [
        {"cases": ("a", "c")},
        {"classes": ("X", "Z")},
        {"probes": ("cg1", "cg2", "cg4")},
        {"probes": ("cg1c", "g2", "cg3")},
        {"betas": np.array([[0.1, 0.2], [np.nan, 1.0], [0.0, 0.25]])},
    ],
)
def test_the_digest_tells_contents_apart(change: dict[str, Any]) -> None:
    assert Cohort(**{**GOOD, **change}).digest != Cohort(**GOOD).digest


def test_the_digest_ignores_name_material_sign_of_zero_and_payload_of_nan() -> None:
    betas = GOOD["betas"].copy()
    betas[2, 0] = -0.0
    betas.view(np.uint32)[1, 0] = 0xFFC12345
    same = Cohort(**{**GOOD, "betas": betas, "name": "other", "materials": ("frozen", "FFPE")})
    assert same.digest == Cohort(**GOOD).digest
