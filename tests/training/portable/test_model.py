"""Which models have a portable form, and how the others are refused."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from longcon.errors import RecipeError
from longcon.training.portable import portable_layers


@pytest.mark.parametrize(
    ("layer", "name"),
    [
        (nn.Tanh(), "Tanh"),
        (nn.Dropout(), "Dropout"),
        (nn.Conv1d(1, 1, 1), "Conv1d"),
        (nn.LayerNorm((2, 3)), "LayerNorm over 2 dimensions"),
        (nn.LayerNorm(3, elementwise_affine=False), "LayerNorm without bias"),
        (nn.Linear(3, 3, bias=False), "Linear without bias"),
        (type("Own", (nn.Linear,), {})(3, 3), "Own"),
    ],
)
def test_a_layer_without_a_portable_form_is_refused_by_name(layer: nn.Module, name: str) -> None:
    with pytest.raises(RecipeError) as error:
        portable_layers(nn.Sequential(nn.Linear(3, 3), nn.ReLU(), layer))
    assert str(error.value) == (
        f"Layer 2, {name}, has no portable form: use Linear, LayerNorm, Softshrink or ReLU, or --arithmetic=native."
    )


def test_the_layers_share_the_model_s_parameters() -> None:
    model = nn.Sequential(nn.Linear(3, 2), nn.LayerNorm(2), nn.Softshrink(0.3), nn.ReLU())
    shared = [value.data_ptr() for layer in portable_layers(model) for value in layer.parameters()]
    assert shared == [value.data_ptr() for value in model.parameters()]


def test_constants_are_rounded_to_the_model_s_precision() -> None:
    model = nn.Sequential(nn.Linear(3, 2, dtype=torch.float64), nn.Softshrink(0.3))
    assert portable_layers(model)[1].threshold.item() == 0.3  # type: ignore[attr-defined]
