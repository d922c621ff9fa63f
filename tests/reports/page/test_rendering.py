"""The page says what the evidence says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from longcon.builds import Campaign
from longcon.problems import ProblemData
from reports.page import page
from reports.record import document
from tests.reports.runs import run_of


@pytest.mark.parametrize(("epsilon", "told"), [(1e-5, ""), (0.1, "LayerNorm epsilon 0.1, ")])
def test_another_epsilon_than_pytorchs_is_told(
    trained: Campaign, problem: ProblemData, epsilon: float, told: str
) -> None:
    run = run_of(trained, problem)
    recipes = tuple(replace(recipe, layer_norm_epsilon=epsilon) for recipe in run.settings.recipes)
    text = page(document(replace(run, settings=replace(run.settings, recipes=recipes)), [], []), {}, None).decode()
    recipe = recipes[0]
    assert f"weight decay {recipe.weight_decay:.4g}, {told}{recipe.epochs} epochs, seed {recipe.seed}" in text
