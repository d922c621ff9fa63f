"""The compiled execution: the eager one's bits for any layers and sizes, and no fused operation in its code."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from longcon.training import Cases, Recipe
from longcon.training.portable import linear_kernels, scalar_kernels, unit_kernels
from tests.training import plain
from tests.training.portable.trainers import digest, trainer

GENERATOR = np.random.Generator(np.random.PCG64(5))


def _model(*layers: nn.Module) -> nn.Sequential:
    model = nn.Sequential(*layers).double()
    for value in model.parameters():
        value.data = torch.from_numpy(GENERATOR.normal(size=tuple(value.shape)) / 4)
    return model


MODELS = {
    "one layer": lambda: _model(nn.Linear(9, 4)),
    "no case of eight": lambda: _model(nn.Linear(9, 3), nn.ReLU(), nn.Linear(3, 4)),
    "wide hidden layers": lambda: _model(
        nn.Linear(9, 1100), nn.LayerNorm(1100), nn.ReLU(), nn.Linear(1100, 1030), nn.Softshrink(0.3), nn.Linear(1030, 4)
    ),
    "norm at the end": lambda: _model(nn.Linear(9, 4), nn.LayerNorm(4)),
}


# The ordering undoes only the paper's layers, so the network itself is compared.
@pytest.mark.parametrize("name", MODELS)
def test_bits_are_those_of_the_eager_execution(name: str) -> None:
    cases = Cases(GENERATOR.normal(size=(11, 9)), GENERATOR.integers(0, 4, 11))
    recipe = Recipe(k=3, weight_decay=0.01)
    first, second = MODELS[name](), _model(*MODELS[name]())
    second.load_state_dict(first.state_dict())
    eager, compiled = (
        trainer(recipe, cases, compiled=False, model=first),
        trainer(recipe, cases, compiled=True, model=second),
    )
    for _ in range(2):
        assert eager.epoch() == compiled.epoch()
    ours, theirs = eager._network.state(), compiled._network.state()
    assert digest({n: v.numpy() for n, v in ours.items()}) == digest({n: v.numpy() for n, v in theirs.items()})
    inputs = cases.values[:, ::-1]
    assert np.array_equal(eager.scores(eager.on_device(inputs)), compiled.scores(compiled.on_device(inputs)))


def test_a_model_that_does_not_begin_with_linear_is_trained_eagerly() -> None:
    cases = Cases(GENERATOR.normal(size=(5, 9)), GENERATOR.integers(0, 4, 5))
    model = _model(nn.LayerNorm(9), nn.Linear(9, 4))
    start = digest({n: v.numpy().copy() for n, v in model.state_dict().items()})
    ours = trainer(Recipe(k=2), cases, compiled=True, model=model)
    ours.epoch()
    assert digest({n: v.numpy() for n, v in ours._network.state().items()}) != start


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_no_kernel_fuses_a_multiplication_with_an_addition(dtype: Any) -> None:
    training, _, _ = plain.cohort(60, 0)
    trainer(Recipe(k=2, dtype=dtype), training, compiled=True).epoch()
    texts = [
        text
        for module in (linear_kernels, scalar_kernels, unit_kernels)
        for kernel in vars(module).values()
        if hasattr(kernel, "inspect_asm")
        for text in kernel.inspect_asm().values()
    ]
    assert len(texts) > 10
    assert [found for text in texts for found in re.findall(r"\bv?fn?m(?:add|sub|la|ls)\w*", text)] == []
