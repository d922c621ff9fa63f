"""A trial: what it tells of a problem's parts, and the sentence in which data or a model end that cannot be tried."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from longcon.errors import CohortError, ProblemError, RecipeError
from longcon.problems import ProblemData, data_of, tried
from longcon.training import PaperMethod, Precision, Recipe, started, state_of
from tests.problems.own_problem import FAILS_AT, Model, Own, Through, fail, said

DATA: list[tuple[Callable[[], Any], str]] = [
    (fail, "data() of problem Own raised OSError at own_problem.py, line LINE: no table: correct it."),
    (lambda: None, "data() of problem Own returned None: return a longcon.problems.ProblemData."),
    (lambda: [1], "data() of problem Own returned a list: return a longcon.problems.ProblemData."),
    (lambda: 3, "data() of problem Own returned an int: return a longcon.problems.ProblemData."),
]


@pytest.mark.parametrize(("of_data", "text"), DATA)
def test_data_that_cannot_be_used(of_data: Callable[[], Any], text: str) -> None:
    with pytest.raises(ProblemError) as error:
        data_of(Own(of_data), lambda *_: None)
    assert str(error.value) == text.replace("LINE", FAILS_AT)


def test_data_that_longcon_itself_refuses(problem: ProblemData) -> None:
    def unsound() -> ProblemData:
        raise CohortError("Class 'a' is absent: add it.")

    with pytest.raises(CohortError, match=r"^Class 'a' is absent: add it\.$"):
        data_of(Own(unsound), lambda *_: None)
    assert data_of(Own(lambda: problem), lambda *_: None) is problem


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
    nn.init.constant_(model.bias, random.random())  # noqa: S311 - a draw that longcon does not seed
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
        "The model of problem Own, in evaluation mode, raised OSError at test_trial.py, line TRAINED: "
        "no statistics: correct it.",
    ),
}


@pytest.mark.parametrize(("model", "text"), MODELS.values(), ids=MODELS.keys())
def test_a_model_that_cannot_be_tried(problem: ProblemData, model: Model, text: str) -> None:
    expected = text.replace("LINE", FAILS_AT).replace("TRAINED", TRAINED_AT)
    assert said(Own(of_model=model), problem) == expected


def _normalised(features: int, classes: int, _: Recipe) -> nn.Module:
    return nn.Sequential(nn.Linear(features, 8), nn.BatchNorm1d(8), nn.Linear(8, classes))


# The training split has 37 cases, so that the last minibatch of 2, 3, 4 or 6 is of a single one.
@pytest.mark.parametrize("k", [1, 2, 3, 4, 6])
def test_a_minibatch_of_one_case_has_no_variance(problem: ProblemData, k: int) -> None:
    assert said(Own(of_model=_normalised), problem, Recipe(k=k)) == (
        "A training step of problem Own on a minibatch of 1 raised ValueError: "
        "Expected more than 1 value per channel when training, got input size torch.Size([1, 8]): correct it."
    )


@pytest.mark.parametrize("k", [5, 37])
def test_minibatches_of_more_cases_have(problem: ProblemData, k: int) -> None:
    assert tried(Own(of_model=_normalised), problem, Recipe(k=k)).widths == (8,)


def _convolution(features: int, classes: int, _: Recipe) -> nn.Module:
    layers = nn.Unflatten(1, (1, features)), nn.Conv1d(1, 2, 3, padding=1), nn.Flatten()
    return nn.Sequential(*layers, nn.Linear(2 * features, classes))


PORTABLE = [
    (
        Own(of_model=_convolution),
        "Layer 0, Unflatten, has no portable form: use Linear, LayerNorm, Softshrink or ReLU, or --arithmetic=native.",
    ),
    (
        Own(of_model=lambda *_: Through(lambda out: out)),
        "Portable arithmetic trains a Sequential by cross-entropy and Adamax, but the model is a Through, not a "
        "Sequential of layers: change that, or give --arithmetic=native.",
    ),
    (
        Own(of_optimiser=lambda parameters, _: torch.optim.SGD(parameters)),
        "Portable arithmetic trains a Sequential by cross-entropy and Adamax, but the optimiser is SGD, not Adamax "
        "with the recipe's constants: change that, or give --arithmetic=native.",
    ),
]


@pytest.mark.parametrize(("own", "text"), PORTABLE, ids=["a convolution", "no Sequential", "another optimiser"])
def test_what_has_no_portable_form(problem: ProblemData, own: Own, text: str) -> None:
    with pytest.raises(RecipeError) as error:
        tried(own, problem, Recipe(k=2, arithmetic="portable"))
    assert str(error.value) == text


TOLD = {
    "the paper's": (Own(of_model=PaperMethod().model), (128, 32), None),
    "a chain": (Own(), (8, 6), None),
    "one layer": (Own(of_model=lambda p, c, _: nn.Sequential(nn.Linear(p, c))), (), None),
    "a convolution": (Own(of_model=_convolution), (128, 32), "does not begin with a Linear layer"),
    "no Sequential": (Own(of_model=lambda *_: Through(lambda out: out)), (128, 32), "is a Through, not a Sequential"),
    "a dropout": (
        Own(of_model=lambda p, c, _: nn.Sequential(nn.Linear(p, 8), nn.Dropout(), nn.Linear(8, c))),
        (128, 32),
        "has a Dropout, layer 1",
    ),
    "another optimiser": (Own(of_optimiser=lambda parameters, _: torch.optim.LBFGS(parameters)), (8, 6), None),
}


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(("own", "widths", "why"), TOLD.values(), ids=TOLD.keys())
def test_what_is_told(
    problem: ProblemData, own: Own, widths: tuple[int, ...], why: str | None, dtype: Precision
) -> None:
    """And whatever was tried, the builds begin as if nothing had been."""
    recipe = Recipe(k=2, dtype=dtype)
    before = state_of(started(own, 60, 4, recipe))
    measured = problem.serialised()
    trial = tried(own, problem, recipe)
    assert (trial.widths, trial.why_no_order) == (widths, why)
    after = state_of(started(own, 60, 4, recipe))
    assert {name: value.tobytes() for name, value in after.items()} == {
        name: value.tobytes() for name, value in before.items()
    }
    assert problem.serialised() == measured
    assert tried(own, problem, recipe) == trial


def test_the_description_is_pytorchs(problem: ProblemData) -> None:
    described = tried(Own(), problem, Recipe(k=2)).description
    assert described["model"].splitlines()[1] == "  (0): Linear(in_features=60, out_features=8, bias=True)"
    assert described["loss"] == "CrossEntropyLoss()"
    assert described["optimiser"].startswith("Adamax (")
    other = Own(of_loss=lambda: nn.functional.cross_entropy, of_optimiser=lambda values, _: torch.optim.SGD(values))
    described = tried(other, problem, Recipe(k=2)).description
    assert described["loss"] == "cross_entropy"
    assert described["optimiser"].startswith("SGD (")
