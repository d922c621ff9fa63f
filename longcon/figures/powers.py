"""Small numbers in words: two digits and a power of ten, as they are set in print."""

from __future__ import annotations

_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def power_of_ten(value: float) -> str:
    """Returns a number with two digits and its power of ten, e.g. 7.8 × 10⁻¹⁵; exactly 0 as it is."""
    if value == 0:
        return "0"
    digits, _, power = f"{value:.1e}".partition("e")
    return f"{digits} × 10{str(int(power)).translate(_RAISED)}"
