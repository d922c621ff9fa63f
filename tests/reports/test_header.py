"""The header of a run: everything that steers it."""

from __future__ import annotations

from pathlib import Path

import pytest

from longcon.builds import Campaign
from longcon.problems import ProblemData
from longcon.protocol import Deviation
from longcon.training import Recipe
from reports.header import described
from tests.reports.runs import settings_of

NAMES = ["devices", "k", "recipe", "limits", "advisory", "store"]


def test_without_a_protocol_it_says_nothing_of_one(trained: Campaign) -> None:
    assert [name for name, _ in described(settings_of(trained), None)] == NAMES


def test_the_data_stand_before_the_rest(trained: Campaign, problem: ProblemData) -> None:
    rows = dict(described(settings_of(trained), problem, "ab"))
    assert list(rows) == ["problem", "data", "data digest", "source", *NAMES]
    assert rows["data"] == "37 training, 12 hold-out, 12 prospective cases, 60 features"


@pytest.mark.parametrize(
    ("epsilon", "told"), [(1e-5, ""), (0.1, "LayerNorm epsilon 0.1, "), (0.001, "LayerNorm epsilon 0.001, ")]
)
def test_another_epsilon_than_pytorchs_is_told(trained: Campaign, epsilon: float, told: str) -> None:
    recipe = Recipe(k=2, epochs=9, learning_rate=0.5, weight_decay=0.25, layer_norm_epsilon=epsilon)
    assert dict(described(settings_of(trained, recipes=(recipe,)), None))["recipe"] == (
        f"float64, native arithmetic, learning rate 0.5, weight decay 0.25, {told}9 epochs, seed 0, released epoch best"
    )


@pytest.mark.parametrize(
    ("deviations", "told"),
    [
        ((), "none"),
        (
            (Deviation("--k", "[2]", "[1]"), Deviation("--p", "0.98", "0.5")),
            "--k is [1], in the protocol [2]; --p is 0.5, in the protocol 0.98",
        ),
    ],
    ids=["none", "two"],
)
def test_a_protocol_and_what_was_said_against_it(
    trained: Campaign, deviations: tuple[Deviation, ...], told: str
) -> None:
    settings = settings_of(
        trained,
        title="A",
        intended_use="To guide.",
        version="3",
        protocol=Path("/p.toml"),
        digest="ab",
        deviations=deviations,
    )
    assert described(settings, None)[:4] == [
        ("title", "A"),
        ("intended use", "To guide."),
        ("protocol", "/p.toml, version 3, SHA-256 ab"),
        ("deviations", told),
    ]
