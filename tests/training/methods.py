"""Methods other than the paper's, and a plain PyTorch loop, written apart from longcon's, to compare bits with."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from longcon.devices import enforce
from longcon.training import BUFFERS, Cases, Loss, Recipe, State, Training, case_order, train
from longcon.training.host_draws import HostDraws
from tests.training import plain

FEATURES = 12
Optimiser = Callable[[Iterable[nn.Parameter]], torch.optim.Optimizer]


@dataclass(frozen=True)
class Made:
    """A method made of three functions.

    Attributes:
        make: from features and classes, a new model.
        optimise: from parameters, an optimiser.
        judge: makes a loss.
        cases: of the 37 training cases how many there are; a normalisation over cases needs two in every minibatch.
        draws: whether the model draws in a step.
    """

    make: Callable[[int, int], nn.Module]
    optimise: Optimiser
    judge: Callable[[], Loss] = nn.CrossEntropyLoss
    cases: int = 19
    draws: bool = False

    def model(self, features: int, classes: int, recipe: Recipe) -> nn.Module:  # noqa: ARG002 - as a method has it
        return self.make(features, classes)

    def loss(self) -> Loss:
        return self.judge()

    def optimiser(self, parameters: Iterable[nn.Parameter], recipe: Recipe) -> torch.optim.Optimizer:  # noqa: ARG002
        return self.optimise(parameters)

    def cohort(self) -> tuple[Cases, Cases, Cases]:
        training, holdout, prospective = plain.cohort(FEATURES, 0)
        assert training.labels is not None
        return Cases(training.values[: self.cases], training.labels[: self.cases]), holdout, prospective

    def train(self, recipe: Recipe, **more: Any) -> Training:
        """Returns a training of which every epoch is recorded."""
        enforce()
        asked: dict[str, Any] = {
            "record": range(recipe.epochs + 1),
            "keep_best": False,
            "device": torch.device("cpu"),
            "method": self,
        }
        return train(recipe, plain.CLASSES, *self.cohort(), **(asked | more))


def connected(features: int, classes: int, *, bias: bool = True) -> nn.Sequential:
    return nn.Sequential(nn.Linear(features, 7, bias=bias), nn.ReLU(), nn.Linear(7, classes, bias=bias))


def normalised(features: int, classes: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(features, 7), nn.BatchNorm1d(7), nn.ReLU(), nn.Linear(7, classes))


def dropping(features: int, classes: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(features, 9), nn.Dropout(0.3), nn.Tanh(), nn.Linear(9, classes))


def convolved(features: int, classes: int) -> nn.Sequential:
    layers = (nn.Unflatten(1, (1, features)), nn.Conv1d(1, 3, 4, stride=2), nn.GELU(), nn.Flatten())
    return nn.Sequential(*layers, nn.Linear(3 * ((features - 4) // 2 + 1), classes))


def frozen(features: int, classes: int) -> nn.Sequential:
    model = connected(features, classes)
    model[0].requires_grad_(False)
    return model


class Tied(nn.Module):
    """Encodes and decodes by one weight, and normalises with statistics of its own."""

    def __init__(self, features: int, classes: int) -> None:
        super().__init__()
        self.inward, self.outward = nn.Linear(features, features), nn.Linear(features, features)
        self.outward.weight = self.inward.weight
        self.last = nn.Linear(features, classes)

    def forward(self, inputs: Tensor) -> Tensor:
        result: Tensor = self.last(torch.tanh(self.outward(torch.tanh(self.inward(inputs)))))
        return result


class Attending(nn.Module):
    """Looks at every measurement through the others, and drops some of what it sees."""

    def __init__(self, features: int, classes: int) -> None:
        super().__init__()
        self.embed = nn.Parameter(torch.randn(features, 4))
        self.look = nn.MultiheadAttention(4, 2, dropout=0.2, batch_first=True)
        self.last = nn.Linear(4, classes)

    def forward(self, inputs: Tensor) -> Tensor:
        seen = inputs[:, :, None] * self.embed
        looked, _ = self.look(seen, seen, seen, need_weights=False)
        result: Tensor = self.last(looked.mean(1))
        return result


class Replacing(torch.optim.SGD):
    """Puts new values elsewhere, where PyTorch's own optimisers change them in place."""

    def step(self, closure: Any = None) -> Any:
        result = super().step(closure)
        for group in self.param_groups:
            for value in group["params"]:
                value.data = value.data.clone()
        return result


class Noisy(torch.optim.SGD):
    """Draws: stochastic gradient Langevin dynamics, with PyTorch's own generator."""

    def step(self, closure: Any = None) -> Any:
        result = super().step(closure)
        with torch.no_grad():
            for value in self.param_groups[0]["params"]:
                value.add_(torch.randn_like(value), alpha=1e-3)
        return result


def weighted() -> nn.CrossEntropyLoss:
    return nn.CrossEntropyLoss(weight=torch.tensor([1.0, 0.3, 2.0, 0.7]), label_smoothing=0.1)


SGD = partial(torch.optim.SGD, lr=0.05, momentum=0.9, nesterov=True)
ADAM = partial(torch.optim.Adam, lr=0.01)
METHODS = {
    "momentum": Made(connected, SGD),
    "Adam": Made(connected, ADAM),
    "AdamW": Made(connected, partial(torch.optim.AdamW, lr=0.01, amsgrad=True)),
    "RMSprop": Made(connected, partial(torch.optim.RMSprop, lr=0.01, centered=True)),
    "Adagrad": Made(connected, partial(torch.optim.Adagrad, lr=0.05)),
    "NAdam": Made(connected, partial(torch.optim.NAdam, lr=0.01)),
    "ASGD": Made(connected, partial(torch.optim.ASGD, lr=0.05, t0=3)),
    "LBFGS": Made(connected, partial(torch.optim.LBFGS, lr=0.1, max_iter=3, line_search_fn="strong_wolfe")),
    "convolution": Made(convolved, ADAM),
    "batches": Made(normalised, SGD, cases=17),
    "dropout": Made(dropping, ADAM, draws=True),
    "dropout under LBFGS": Made(dropping, partial(torch.optim.LBFGS, lr=0.1, max_iter=3), draws=True),
    "attention": Made(Attending, ADAM, draws=True),
    "tied": Made(Tied, ADAM),
    "frozen": Made(frozen, SGD),
    "weighted": Made(connected, ADAM, weighted),
    "no bias": Made(partial(connected, bias=False), partial(torch.optim.Adamax, lr=0.01)),
    "replacing": Made(connected, partial(Replacing, lr=0.05)),
}


@dataclass(frozen=True)
class Plain:
    """What a plain loop leaves: parameters and buffers by PyTorch's names, and of every step loss and gradient norm."""

    state: State
    losses: list[float]
    norms: list[float]


def plain_loop(method: Made, recipe: Recipe, start: State) -> Plain:
    """Returns what a loop gives as any user of PyTorch would write it."""
    dtype = getattr(torch, recipe.dtype)
    model, loss_of = method.make(FEATURES, plain.CLASSES).to(dtype).train(), method.judge()
    model.load_state_dict({name.removeprefix(BUFFERS): torch.from_numpy(value) for name, value in start.items()})
    if isinstance(loss_of, nn.Module):
        loss_of.to(dtype)
    training = method.cohort()[0]
    assert training.labels is not None
    order = case_order(len(training.labels), recipe.seed)
    inputs, labels = torch.from_numpy(training.values[order]).to(dtype), torch.from_numpy(training.labels[order])
    trained = [value for value in model.parameters() if value.requires_grad]
    optimiser = method.optimise(trained)
    losses: list[float] = []
    norms: list[float] = []
    for _ in range(recipe.epochs):
        for begin in range(0, len(labels), recipe.k):
            batch, step = slice(begin, begin + recipe.k), len(losses)
            seen: list[tuple[float, float]] = []

            def loss_and_gradient(batch: slice = batch, step: int = step, seen: list[Any] = seen) -> Tensor:
                optimiser.zero_grad()
                if method.draws:
                    with HostDraws(recipe.seed, f"step {step}"):
                        loss = loss_of(model(inputs[batch]), labels[batch])
                else:
                    loss = loss_of(model(inputs[batch]), labels[batch])
                loss.backward()  # type: ignore[no-untyped-call]
                flat = torch.cat([value.grad.ravel() for value in trained if value.grad is not None])
                seen.append((loss.item(), float(flat.double().norm())))
                return loss

            if isinstance(optimiser, torch.optim.LBFGS):
                optimiser.step(loss_and_gradient)  # type: ignore[no-untyped-call]
            else:
                loss_and_gradient()
                optimiser.step()
            losses.append(seen[0][0])
            norms.append(seen[0][1])
    return Plain({name: value.numpy() for name, value in model.state_dict().items()}, losses, norms)


def bits(training: Training) -> dict[str, object]:
    """Returns everything of a training but where it was resumed, by its bits."""
    arrays = training.trajectory.arrays()
    for epoch, snapshot in training.snapshots.items():
        arrays |= {f"{epoch}/{name}": np.asarray(value) for name, value in snapshot.state.items()}
        arrays |= {f"{epoch} holdout": snapshot.holdout, f"{epoch} prospective": snapshot.prospective}
    figures = {"history": training.history, "best": training.best_epoch, "epochs": list(training.snapshots)}
    return figures | {name: (str(value.dtype), value.shape, value.tobytes()) for name, value in arrays.items()}
