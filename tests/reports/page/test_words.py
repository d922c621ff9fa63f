"""Numbers and moments as the laboratory reads them."""

from __future__ import annotations

import pytest

from reports.page.words import anchor, duration, measured, moment, number

NUMBERS = [
    (None, "none"),
    (0, "0"),
    (0.0, "0"),
    (38400, "38,400"),
    (0.8125, "0.8125"),
    (0.001, "0.001"),
    (7.77e-15, "7.8 × 10⁻¹⁵"),
    (-0.00042, "-4.2 × 10⁻⁴"),
    (2.0**-26, "1.5 × 10⁻⁸"),
    (123456.0, "1.2 × 10⁵"),
]


@pytest.mark.parametrize(("value", "text"), NUMBERS)
def test_numbers(value: float | None, text: str) -> None:
    assert number(value) == text


@pytest.mark.parametrize(
    ("value", "units", "text"),
    [
        (0.02, "discrepancy rate, upper bound", "2.00 %"),
        (1 - 0.98, "discrepancy rate", "2.00 %"),
        (None, "discrepancy rate", "none"),
        (0.5, "sine", "0.5"),
        (3, None, "3"),
    ],
    ids=["bound", "rate", "none", "sine", "count"],
)
def test_a_rate_is_in_per_cent(value: float | None, units: str | None, text: str) -> None:
    assert measured(value, units) == text


def test_moments_and_durations() -> None:
    assert moment("2026-01-02T03:04:05.678+00:00") == "2026-01-02 03:04:05 UTC"
    assert (duration(59.6), duration(9.4), duration(3601)) == ("1 min 0 s", "9 s", "60 min 1 s")


def test_an_anchor_has_no_character_that_an_address_would_change() -> None:
    assert anchor("LC-PQ-03[cpu+mkl:COMPATIBLE-k2]") == "LC-PQ-03-cpu-mkl-COMPATIBLE-k2"
