"""Requests: every field is part of the key, the replicate number above all."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from longcon.builds import BuildRequest, recorded_epochs
from longcon.training import Recipe

REQUEST = BuildRequest(
    data="d",
    recipe=Recipe(k=2),
    device="cpu",
    numeric_class="n",
    software={"torch": "2"},
    code="c",
    replicate=1,
    record=(0, 1),
    keep_best=False,
)
CHANGES: list[dict[str, Any]] = [
    {"data": "e"},
    {"recipe": Recipe(k=3)},
    {"recipe": Recipe(k=2, seed=1)},
    {"recipe": Recipe(k=2, learning_rate=0.0044)},
    {"device": "cpu+order:1"},
    {"numeric_class": "m"},
    {"software": {"torch": "3"}},
    {"code": "b"},
    {"replicate": 2},
    {"record": (0, 1, 2)},
    {"keep_best": True},
    {"detail": True},
    {"curvature_every": 1},
    {"killed_after": 1},
]


@pytest.mark.parametrize("change", CHANGES, ids=str)
def test_every_field_is_part_of_the_key(change: dict[str, Any]) -> None:
    assert replace(REQUEST, **change).key != REQUEST.key


def test_equal_requests_have_one_key() -> None:
    assert replace(REQUEST, software={"torch": "2"}).key == REQUEST.key


@pytest.mark.parametrize(
    ("epochs", "released", "expected"),
    [
        (64, 22, (0, 1, 2, 4, 8, 16, 22, 32, 64)),
        (64, None, (0, 1, 2, 4, 8, 16, 32, 64)),
        (5, 5, (0, 1, 2, 4, 5)),
        (1, 1, (0, 1)),
    ],
)
def test_recorded_epochs(epochs: int, released: int | None, expected: tuple[int, ...]) -> None:
    assert recorded_epochs(epochs, released) == expected
