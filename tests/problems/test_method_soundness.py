"""A problem's method: the sentence in which each part ends that no training can use."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from longcon.problems import ProblemData
from longcon.training import Recipe
from tests.problems.own_problem import FAILS_AT, Model, Own, Through, fail, said


def _frozen(*_: object) -> nn.Module:
    return nn.Linear(60, 4).requires_grad_(False)


def _complex(*_: object) -> nn.Module:
    model = nn.Linear(60, 4)
    model.register_buffer("phase", torch.zeros(2, dtype=torch.complex64))
    return model


class Silent(Through):
    """Keeps nothing of what it learns."""

    def state_dict(self, *_: Any, **__: Any) -> Any:
        return {}


MODELS: dict[str, tuple[Model, str]] = {
    "None": (lambda *_: None, "model() of problem Own returned None: return a torch.nn.Module."),
    "a function": (
        lambda *_: torch.relu,
        "model() of problem Own returned a builtin_function_or_method: return a torch.nn.Module.",
    ),
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
    "a state of what is no real number": (
        _complex,
        "The state of the model of problem Own holds phase, a tensor of torch.complex64: keep dense tensors of real "
        "numbers there, and anything else out of it.",
    ),
    "a state without a parameter": (
        lambda *_: Silent(lambda out: out),
        "The state of the model of problem Own lacks parameter linear.weight: leave none out of it.",
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
}


@pytest.mark.parametrize(("model", "text"), MODELS.values(), ids=MODELS.keys())
def test_a_model_that_cannot_be_used(problem: ProblemData, model: Model, text: str) -> None:
    assert said(Own(of_model=model), problem) == text


EPSILONS: dict[str, tuple[Model, str]] = {
    "none": (lambda *_: nn.Linear(60, 4), "has no LayerNorm"),
    "another": (lambda *_: nn.Sequential(nn.LayerNorm(60), nn.Linear(60, 4)), "normalises with 1e-05"),
}


@pytest.mark.parametrize(("model", "has"), EPSILONS.values(), ids=EPSILONS.keys())
def test_an_epsilon_that_is_not_the_models(problem: ProblemData, model: Model, has: str) -> None:
    assert said(Own(of_model=model), problem, Recipe(k=2, layer_norm_epsilon=0.001)) == (
        f"--layer-norm-epsilon is 0.001, but the model of problem Own {has}: take recipe.layer_norm_epsilon there, or "
        "leave it out."
    )


def _scalar(change: Callable[[Tensor], Any]) -> Callable[[], Any]:
    """Returns a loss that does something to the paper's."""
    return lambda: lambda outputs, labels: change(nn.functional.cross_entropy(outputs, labels))


LOSSES: dict[str, tuple[Callable[[], Any], str]] = {
    "no loss": (
        lambda: None,
        "A training step of problem Own on a minibatch of 2 raised TypeError: 'NoneType' object is not callable: "
        "correct it.",
    ),
    "it raises": (
        fail,
        "loss() and optimiser() of problem Own raised OSError at own_problem.py, line LINE: no table: correct it.",
    ),
    "one for each case": (
        lambda: nn.CrossEntropyLoss(reduction="none"),
        "The loss of problem Own is of shape (2,): return one number, the mean over the minibatch.",
    ),
    "a float": (
        _scalar(lambda loss: loss.item()),
        "The loss of problem Own is a float: return one number, the mean over the minibatch.",
    ),
    "none": (
        _scalar(lambda _: None),
        "The loss of problem Own is None: return one number, the mean over the minibatch.",
    ),
    "no gradient": (
        _scalar(lambda loss: loss.detach()),
        "The loss of problem Own has no gradient: compute it from the outputs by torch.",
    ),
    "not a number": (
        _scalar(lambda loss: loss * float("nan")),
        "The loss of problem Own is nan on the first minibatch: correct it.",
    ),
}


@pytest.mark.parametrize(("loss", "text"), LOSSES.values(), ids=LOSSES.keys())
def test_a_loss_that_cannot_be_used(problem: ProblemData, loss: Callable[[], Any], text: str) -> None:
    assert said(Own(of_loss=loss), problem) == text.replace("LINE", FAILS_AT)


class Deaf(torch.optim.SGD):
    """Asks nobody for the loss."""

    def step(self, _: Any = None) -> Any:
        return super().step()


class Odd(torch.optim.SGD):
    """Keeps what no checkpoint holds."""

    def step(self, closure: Any = None) -> Any:
        self.state[self.param_groups[0]["params"][0]]["seen"] = {1}
        return super().step(closure)


OPTIMISERS: dict[str, tuple[Callable[[Iterable[nn.Parameter], Recipe], Any], str]] = {
    "none": (lambda *_: None, "optimiser() of problem Own returned None: return a torch.optim.Optimizer."),
    "it raises": (
        lambda *_: fail(),
        "loss() and optimiser() of problem Own raised OSError at own_problem.py, line LINE: no table: correct it.",
    ),
    "parameters are left out": (
        lambda parameters, _: torch.optim.SGD(list(parameters)[2:]),
        "optimiser() of problem Own leaves out 2 of 6 parameters, first 0.weight: give it all that it is handed, or "
        "let what is not trained require no gradient.",
    ),
    "a step that does not call its closure": (
        lambda parameters, _: Deaf(parameters),
        "The Deaf of problem Own does not call the closure that its step() is given, which computes loss and "
        "gradients: call it, as the optimisers of torch.optim do.",
    ),
    "a state that no checkpoint holds": (
        lambda parameters, _: Odd(parameters),
        "The Odd of problem Own cannot go on from a checkpoint, since its optimiser keeps a set, which no checkpoint "
        "holds: give another optimiser.",
    ),
}


@pytest.mark.parametrize(("optimiser", "text"), OPTIMISERS.values(), ids=OPTIMISERS.keys())
def test_an_optimiser_that_cannot_be_used(
    problem: ProblemData, optimiser: Callable[[Iterable[nn.Parameter], Recipe], Any], text: str
) -> None:
    assert said(Own(of_optimiser=optimiser), problem) == text.replace("LINE", FAILS_AT)
