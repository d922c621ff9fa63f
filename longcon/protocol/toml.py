"""Values as a protocol writes them."""

from __future__ import annotations

import json
from collections.abc import Sequence

# TOML has no null, and an empty list would not say what it stands for.
WORDS: dict[str, tuple[str, object]] = {
    "data": ("simulated", None),
    "surrogates": ("by device", ()),
    "confidence": ("none", None),
    "digest": ("none", None),
    "source": ("none", None),
    "train": ("none", None),
    "cases": ("none", None),
    "target": ("none", None),
}


def as_toml(key: str, value: object) -> str:
    """Returns a value as a protocol writes it under a key; numbers are read back to the bit."""
    if key in WORDS and value == WORDS[key][1]:
        return json.dumps(WORDS[key][0])
    return _written(value)


def _written(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and value.bit_length() > 63:
        return hex(value)  # Python refuses to write thousands of decimal digits
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return f"[{', '.join(_written(item) for item in value)}]"
    return json.dumps(str(value), ensure_ascii=False)
