"""When a requirement applies, in words and in fact."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from longcon.requirements import CATALOGUE, Requirement

PLAIN = Requirement("LC-PQ-90", "It holds.", "It matters.", "a source", "a criterion", scope="k")
NO_ORDERS = "; not for another order of portable sums, which is another computation and no other device."
WORDS: list[tuple[dict[str, Any], str]] = [
    ({}, "Once for every k."),
    ({"scope": "device"}, "For every k, on every device."),
    ({"scope": "rebuild"}, "For every k, for every rebuild (every device but the original's)."),
    ({"least_k": 2}, "Once for every k of 2 and more."),
    ({"scope": "device", "most_k": 1}, "For k = 1, on every device."),
    ({"least_k": 2, "most_k": 8}, "Once for every k from 2 to 8."),
    ({"scope": "device", "portable_only": True}, "For every k, on every device, in portable arithmetic only."),
    ({"needs_curvature": True}, "Once for every k, in runs that record the curvature."),
    (
        {"scope": "rebuild", "compares_devices": True},
        f"For every k, for every rebuild (every device but the original's){NO_ORDERS}",
    ),
    (
        {"scope": "rebuild", "most_k": 1, "gating": False},
        "For k = 1, for every rebuild (every device but the original's); "
        "also, whatever k, for another order of portable sums.",
    ),
]


@pytest.mark.parametrize(("fields", "words"), WORDS, ids=[repr(fields) for fields, _ in WORDS])
def test_when_it_applies_is_told_in_words(fields: dict[str, Any], words: str) -> None:
    assert replace(PLAIN, **fields).when == words


@pytest.mark.parametrize("entry", CATALOGUE, ids=lambda entry: entry.id)
def test_every_entry_is_whole(entry: Requirement) -> None:
    assert entry.statement.endswith(".")
    assert entry.rationale.endswith(".")
    assert 1 <= entry.rationale.count(". ") + 1 <= 2
    assert entry.source
    assert entry.criterion


def test_ids_are_unique() -> None:
    assert len({entry.id for entry in CATALOGUE}) == len(CATALOGUE)


@pytest.mark.parametrize(
    ("fields", "applies"),
    [
        ({"scope": "rebuild", "compares_devices": True}, False),
        ({"scope": "rebuild"}, True),
        ({"scope": "rebuild", "compares_devices": True, "gating": False}, False),
        ({"scope": "rebuild", "most_k": 1, "gating": False}, True),
        ({"scope": "rebuild", "most_k": 1}, False),
    ],
    ids=repr,
)
def test_another_order_of_portable_sums(fields: dict[str, Any], applies: bool) -> None:
    assert replace(PLAIN, **fields).applies_to_another_computation(2, "portable") is applies
