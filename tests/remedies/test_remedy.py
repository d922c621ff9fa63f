"""What is tried on a recipe, the cheapest first, and what is left out."""

from __future__ import annotations

from dataclasses import replace

import pytest

from longcon.protocol import Advisory, Protocol, RecipeChoice
from longcon.remedies import remedies

START = Protocol(recipe=RecipeChoice(k=(1,), release_epoch="last"))


def names(start: Protocol, earlier: int | None = None) -> list[str]:
    return [remedy.name for remedy in remedies(start, earlier)]


@pytest.mark.parametrize(
    ("start", "earlier", "tried"),
    [
        (
            START,
            12,
            ["earlier-release", "k-2", "k-4", "k-8", "layer-norm-epsilon", "learning-rate", "portable-arithmetic"],
        ),
        (START, None, ["k-2", "k-4", "k-8", "layer-norm-epsilon", "learning-rate", "portable-arithmetic"]),
        (
            replace(START, recipe=RecipeChoice(k=(4,))),
            None,
            ["k-8", "layer-norm-epsilon", "learning-rate", "portable-arithmetic"],
        ),
        (
            replace(START, recipe=RecipeChoice(k=(8,), arithmetic="portable")),
            None,
            ["layer-norm-epsilon", "learning-rate"],
        ),
        (
            replace(START, recipe=RecipeChoice(k=(8,), layer_norm_epsilon=0.2)),
            None,
            ["learning-rate", "portable-arithmetic"],
        ),
    ],
)
def test_what_is_tried_in_which_order(start: Protocol, earlier: int | None, tried: list[str]) -> None:
    assert names(start, earlier) == tried


def test_each_changes_what_its_title_says_and_nothing_else() -> None:
    found = {remedy.name: remedy for remedy in remedies(START, 12)}
    assert found["earlier-release"].title == "release at epoch 12"
    recipe = START.recipe
    assert {name: remedy.protocol.recipe for name, remedy in found.items()} == {
        "earlier-release": replace(recipe, release_epoch=12),
        "k-2": replace(recipe, k=(2,)),
        "k-4": replace(recipe, k=(4,)),
        "k-8": replace(recipe, k=(8,)),
        "layer-norm-epsilon": replace(recipe, layer_norm_epsilon=0.1),
        "learning-rate": replace(recipe, learning_rate=recipe.learning_rate / 2),
        "portable-arithmetic": replace(recipe, arithmetic="portable"),
    }
    for remedy in found.values():
        assert replace(remedy.protocol, recipe=recipe) == START
        assert remedy.refused == ""


def test_another_training_is_released_at_its_own_best_epoch() -> None:
    fixed = replace(START, recipe=RecipeChoice(k=(4,), release_epoch=30))
    found = {remedy.name: remedy.protocol.recipe.release_epoch for remedy in remedies(fixed, 3)}
    assert found == {
        "earlier-release": 3,
        "k-8": "best",
        "layer-norm-epsilon": "best",
        "learning-rate": "best",
        "portable-arithmetic": 30,
    }


def test_a_requirement_on_the_curvature_is_not_dropped_for_portable_arithmetic() -> None:
    recorded = replace(START, advisory=Advisory(curvature_every=1))
    *_, portable = remedies(recorded, None)
    assert (portable.refused, portable.protocol.advisory.curvature_every) == ("", 0)
    required = replace(START, advisory=Advisory(curvature_every=1, gating=("LC-PQ-07",)))
    *_, portable = remedies(required, None)
    assert portable.refused == (
        "It records no curvature. LC-PQ-07 needs the curvature of every step: give --curvature-every=1 beside "
        "--require=LC-PQ-07."
    )
