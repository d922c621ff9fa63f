"""The curvature of any model's minibatch, as the training process measures it."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch

from longcon.builds.worker import _curvature
from longcon.problems import ProblemSource, data_of
from longcon.training import Recipe, started, state_of

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"


@pytest.mark.parametrize("place", ["convolution.py:Traces", "breast_cancer.py:BreastCancer"])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_models_curvature_is_measured_and_the_model_left_as_it_was(place: str, dtype: str) -> None:
    """A convolution goes through the full space, a chain through the exact reduction; a dropout draws nothing."""
    recipe = Recipe(k=2, dtype=dtype)  # type: ignore[arg-type]
    problem = ProblemSource(f"{EXAMPLES / place}", {}).load().problem
    data = data_of(problem, lambda *_: None)
    model = started(problem, data.features, len(data.classes), recipe)
    before = {name: value.tobytes() for name, value in state_of(model).items()}
    inputs = torch.from_numpy(data.training[:2]).to(getattr(torch, dtype))
    measured = _curvature(recipe, problem)
    first, second = (measured(model, inputs, torch.from_numpy(data.training_labels[:2])) for _ in range(2))
    assert first == second
    residual, smallest, error, largest = first
    assert all(map(math.isfinite, first))
    assert residual > 0
    assert smallest <= largest
    assert error < 1e-6 * largest
    assert model.training
    assert {name: value.tobytes() for name, value in state_of(model).items()} == before
