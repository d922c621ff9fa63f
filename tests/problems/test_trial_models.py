"""A trial of a model: the sentence in which each ends that no training can use."""

from __future__ import annotations

import itertools
import random
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from longcon.problems import ProblemData
from tests.problems.own_problem import FAILS_AT, Model, Own, Through, fail, said


class Shared:
    """Holds what models are made of, and so has one model train another."""

    net = nn.Linear(60, 4, dtype=torch.float64)
    weight = torch.zeros(4, 60, dtype=torch.float64)

    @classmethod
    def of_weight(cls, *_: object) -> nn.Module:
        model = nn.Linear(60, 4)
        model.weight = nn.Parameter(cls.weight)
        return model


def _numpys(*_: object) -> nn.Module:
    model = nn.Linear(60, 4)
    nn.init.constant_(model.bias, np.random.normal())
    return model


def _pythons(*_: object) -> nn.Module:
    model = nn.Linear(60, 4)
    nn.init.constant_(model.bias, random.random())  # noqa: S311 - as above
    return model


def _alternating() -> Model:
    calls = itertools.count()
    return lambda *_: nn.Sequential(*[nn.Linear(60, 60)] * (next(calls) % 2), nn.Linear(60, 4))


def _stateful() -> Model:
    generator = np.random.default_rng(0)

    def model(*_: object) -> nn.Module:
        linear = nn.Linear(60, 4)
        nn.init.constant_(linear.weight, generator.normal())
        return linear

    return model


def _unset(*_: object) -> nn.Module:
    model = nn.Linear(60, 4)
    nn.init.constant_(model.bias, float("nan"))
    return model


def _frozen(*_: object) -> nn.Module:
    return nn.Linear(60, 4).requires_grad_(False)


class Trained(Through):
    """Is of use as long as it is trained."""

    def forward(self, inputs: Tensor) -> Any:
        if not self.training:
            raise OSError("no statistics")
        return super().forward(inputs)


TRAINED_AT = str(Trained.forward.__code__.co_firstlineno + 2)

MODELS: dict[str, tuple[Model, str]] = {
    "it raises": (
        lambda *_: fail(),
        "model() of problem Own raised OSError at own_problem.py, line LINE: no table: correct it.",
    ),
    "None": (lambda *_: None, "model() of problem Own returned None: return a torch.nn.Module."),
    "a function": (lambda *_: torch.relu, "model() of problem Own returned a builtin_function_or_method: "
        "return a torch.nn.Module."),
    "no parameters": (
        lambda *_: nn.Softmax(),
        "model() of problem Own returned a Softmax without a parameter to train: "
        "give it parameters that require gradients.",
    ),
    "no trained parameters": (
        _frozen,
        "model() of problem Own returned a Linear without a parameter to train: "
        "give it parameters that require gradients.",
    ),
    "a lazy layer": (
        lambda *_: nn.Sequential(nn.LazyLinear(8), nn.Linear(8, 4)),
        "Parameter 0.weight of problem Own has no shape yet: give the layer its sizes in place of a lazy one.",
    ),
    "numpy's global generator": (
        _numpys,
        "model() of problem Own made two models that differ in bias: draw initial values by PyTorch's own functions, "
        "which longcon seeds, or by a generator that model() itself seeds.",
    ),
    "a generator that goes on": (
        _stateful(),
        "model() of problem Own made two models that differ in weight: draw initial values by PyTorch's own functions, "
        "which longcon seeds, or by a generator that model() itself seeds.",
    ),
    "Python's generator": (
        _pythons,
        "model() of problem Own made two models that differ in bias: draw initial values by PyTorch's own functions, "
        "which longcon seeds, or by a generator that model() itself seeds.",
    ),
    "another number of layers": (
        _alternating(),
        "model() of problem Own made two models that differ in 0.weight: draw initial values by PyTorch's own "
        "functions, which longcon seeds, or by a generator that model() itself seeds.",
    ),
    "the same model again": (
        lambda *_: Shared.net,
        "model() of problem Own made two models that share weight, so that one trains the other: "
        "make every tensor anew in each call.",
    ),
    "a tensor of another model": (
        Shared.of_weight,
        "model() of problem Own made two models that share weight, so that one trains the other: "
        "make every tensor anew in each call.",
    ),
    "a value that is not finite": (
        _unset,
        "bias of problem Own starts with a value that is not finite: initialise it.",
    ),
    "its own widths are taken for the recipe's": (
        lambda p, c, recipe: nn.Sequential(nn.Linear(p, recipe.widths[0] // 2), nn.Linear(recipe.widths[0] // 2, c)),
        "model() of problem Own made a model of other 0.weight when the recipe had the widths of its own hidden "
        "layers: do not compute with recipe.widths.",
    ),
    "it cannot be evaluated": (
        lambda *_: Trained(lambda out: out),
        "The model of problem Own, in evaluation mode, raised OSError at test_trial_models.py, line TRAINED: "
        "no statistics: correct it.",
    ),
    "no tensor": (
        lambda *_: Through(lambda out: (out, out)),
        "The model of problem Own returned a tuple: return a tensor of cases x classes.",
    ),
    "one logit": (
        lambda *_: Through(lambda out: out[:, 0]),
        "The model of problem Own returned shape (2,) for 2 cases and 4 classes: "
        "return 2 x 4, one logit for each class.",
    ),
    "another type": (
        lambda *_: Through(lambda out: out.float()),
        "The model of problem Own returned torch.float32 from torch.float64: compute in the type of the inputs.",
    ),
    "a logarithm of what is negative": (
        lambda *_: Through(torch.log),
        "The model of problem Own returned a number that is not finite: look at its initial values and at the range of "
        "the measurements.",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("model", "text"), MODELS.values(), ids=MODELS.keys())
def test_a_model_that_cannot_be_used(problem: ProblemData, model: Model, text: str) -> None:
    expected = text.replace("LINE", FAILS_AT).replace("TRAINED", TRAINED_AT)
    assert said(Own(of_model=model), problem) == expected
