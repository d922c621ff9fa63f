"""Numbers, moments and outcomes as the laboratory reads them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from longcon.figures import power_of_ten

# A mark beside each word, so that no outcome is told by its colour alone.
_SYMBOLS = {
    "met": "✓",
    "not met": "✕",
    "test failed": "✕",
    "not run": "○",
    "not decided": "○",
    "ineffective": "≈",
    "advisory, not met": "△",
    "not applicable": "–",
    "PASS": "✓",
    "FAIL": "✕",
    "INCOMPLETE": "○",
}
_LEAST, _MOST = 1e-3, 1e5


def number(value: float | None) -> str:
    """Returns a number with four digits, and as a power of ten where it is very small or large."""
    if value is None:
        return "none"
    if isinstance(value, int) or value == 0:
        return f"{value:,.0f}"
    if _LEAST <= abs(value) < _MOST:
        return f"{value:.4g}"
    return power_of_ten(value)


def measured(value: float | None, units: str | None) -> str:
    """Returns a measured value or a limit, a rate in per cent."""
    if value is None:
        return "none"
    if units is not None and "rate" in units:
        return f"{100 * value:.2f} %"
    return number(value)


def moment(text: str) -> str:
    """Returns a moment of ISO 8601 to the second, in UTC."""
    return f"{datetime.fromisoformat(text):%Y-%m-%d %H:%M:%S} UTC"


def duration(seconds: float) -> str:
    """Returns a duration in minutes and seconds."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def symbol(word: str) -> str:
    """Returns the mark of an outcome or a verdict."""
    return _SYMBOLS.get(word, "○")


def anchor(key: str) -> str:
    """Returns an identifier for a case's row."""
    return re.sub(r"[^A-Za-z0-9-]+", "-", key).strip("-")


def discordant_by_k(discordant: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Returns for each k the discordant cases with what every build called them, however many comparisons list them."""
    charts: dict[int, dict[str, Any]] = {}
    for entry in discordant:
        chart = charts.setdefault(
            entry["k"], {"k": entry["k"], "tau": entry["tau"], "epoch": entry["epoch"], "devices": {}, "cases": {}}
        )
        case = chart["cases"].setdefault(entry["case"], {"calls": {}, "comparisons": []})
        case["comparisons"].append(entry["comparison"])
        for made in entry["builds"]:
            chart["devices"][made["device"]] = None
            case["calls"][made["device"]] = made
    return [charts[k] for k in sorted(charts)]
