"""Recipes: what no training can have is refused in one sentence."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from longcon.errors import RecipeError
from longcon.training import Recipe

REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"k": 0}, "k is 0, but a minibatch holds at least 1 case: give --k=1 or more."),
    ({"k": 2, "dtype": "flaot64"}, "dtype 'flaot64' is unknown - did you mean 'float64'?: give float64 or float32."),
    (
        {"k": 2, "arithmetic": "portabel"},
        "arithmetic 'portabel' is unknown - did you mean 'portable'?: give native or portable.",
    ),
    ({"k": 2, "epochs": 0}, "epochs is 0, but training takes at least 1: give --epochs=1 or more."),
    ({"k": 2, "seed": -1}, "seed is -1, but a seed is not negative: give --seed=0 or more."),
    ({"k": 2, "learning_rate": 0.0}, "learning rate is 0: give --learning-rate a number above 0."),
    ({"k": 2, "learning_rate": math.nan}, "learning rate is nan: give --learning-rate a number above 0."),
    ({"k": 2, "weight_decay": -1.0}, "weight decay is -1: give --weight-decay a number of at least 0."),
    ({"k": 2, "layer_norm_epsilon": 0.0}, "layer norm epsilon is 0: give --layer-norm-epsilon a number above 0."),
    (
        {"k": 2, "layer_norm_epsilon": math.inf},
        "layer norm epsilon is inf: give --layer-norm-epsilon a number above 0.",
    ),
]


@pytest.mark.parametrize(("fields", "text"), REFUSED, ids=[text[:28] for _, text in REFUSED])
def test_refused_values(fields: dict[str, Any], text: str) -> None:
    with pytest.raises(RecipeError) as error:
        Recipe(**fields)
    assert str(error.value) == text


def test_k_above_the_training_split_is_refused() -> None:
    Recipe(k=260).fits(260)
    with pytest.raises(RecipeError) as error:
        Recipe(k=261).fits(260)
    assert str(error.value) == "k is 261, but the training split has 260 cases: give --k=260 or less."


def test_json_keeps_every_bit() -> None:
    recipe = Recipe(k=3)
    fields = json.loads(json.dumps(recipe.as_json()))
    assert Recipe(**{**fields, "widths": tuple(fields["widths"]), "betas": tuple(fields["betas"])}) == recipe


def test_a_recipe_of_before_the_epsilon_was_part_of_it_had_pytorchs() -> None:
    fields = {name: value for name, value in Recipe(k=3).as_json().items() if name != "layer_norm_epsilon"}
    assert Recipe.of_json(fields) == Recipe(k=3)


def test_a_recipe_survives_json() -> None:
    recipe = Recipe(k=3, widths=(5, 4, 3), learning_rate=0.1 + 0.2)
    assert Recipe.of_json(json.loads(json.dumps(recipe.as_json()))) == recipe
