"""A trial: what it tells of a problem's parts, and the sentence in which each ends that no training can use."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from longcon.errors import CohortError, ProblemError, RecipeError
from longcon.problems import ProblemData, data_of, tried
from longcon.training import PaperMethod, Precision, Recipe, started, state_of
from tests.problems.own_problem import FAILS_AT, Own, Through, fail, said

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
