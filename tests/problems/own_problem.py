"""A problem whose parts a case gives, and what a trial says of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import pytest
from torch import Tensor, nn

from longcon.errors import ProblemError
from longcon.problems import ProblemData, Progress, tried
from longcon.training import PaperMethod, Recipe

Model = Callable[[int, int, Recipe], Any]


def chain(features: int, classes: int, _: Recipe) -> nn.Module:
    return nn.Sequential(nn.Linear(features, 8), nn.ReLU(), nn.Linear(8, 6), nn.ReLU(), nn.Linear(6, classes))


@dataclass
class Own(PaperMethod):
    """The paper's problem but for the parts that a case gives."""

    of_data: Callable[[], Any] | None = None
    of_model: Model = chain
    of_loss: Callable[[], Any] = nn.CrossEntropyLoss
    of_optimiser: Callable[[Iterable[nn.Parameter], Recipe], Any] = PaperMethod().optimiser
    name: str = "Own"

    def data(self, progress: Progress) -> Any:  # noqa: ARG002 - the parameter is the protocol's
        assert self.of_data is not None
        return self.of_data()

    def model(self, features: int, classes: int, recipe: Recipe) -> Any:
        return self.of_model(features, classes, recipe)

    def loss(self) -> Any:
        return self.of_loss()

    def optimiser(self, parameters: Iterable[nn.Parameter], recipe: Recipe) -> Any:
        return self.of_optimiser(parameters, recipe)


class Through(nn.Module):
    """A linear layer whose outputs something is done to."""

    def __init__(self, change: Callable[[Tensor], Any], features: int = 60, classes: int = 4) -> None:
        super().__init__()
        self.linear, self.change = nn.Linear(features, classes), change

    def forward(self, inputs: Tensor) -> Any:
        return self.change(self.linear(inputs))


def fail() -> Any:
    raise OSError("no table")


FAILS_AT = str(fail.__code__.co_firstlineno + 1)


def said(own: Own, data: ProblemData, recipe: Recipe | None = None) -> str:
    with pytest.raises(ProblemError) as error:
        tried(own, data, recipe or Recipe(k=2))
    return str(error.value)
