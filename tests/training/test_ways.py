"""The ways to train: which trainer a method gets, and what is said where there is none."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from longcon.devices import enforce
from longcon.errors import RecipeError
from longcon.training import Asked, Cases, PaperMethod, Recipe, penalty_of, started
from longcon.training.generic import GenericTrainer
from longcon.training.loop import trainer_for
from longcon.training.method import Loss, Method, loss_of
from longcon.training.native import NativeTrainer
from tests.training import plain
from tests.training.methods import connected, convolved, dropping, frozen, normalised, weighted

FEATURES, CPU = 12, torch.device("cpu")
NATIVE, PORTABLE = Recipe(k=3, widths=(6,)), Recipe(k=3, widths=(6,), arithmetic="portable")


@dataclass(frozen=True)
class Altered(PaperMethod):
    """The paper's method but for what is given."""

    make: Callable[[int, int], nn.Module] | None = None
    judge: Callable[[], Loss] = nn.CrossEntropyLoss
    optimise: Callable[[list[nn.Parameter], torch.optim.Optimizer], torch.optim.Optimizer] = lambda _, papers: papers

    def model(self, features: int, classes: int, recipe: Recipe) -> nn.Module:
        return super().model(features, classes, recipe) if self.make is None else self.make(features, classes)

    def loss(self) -> Loss:
        return self.judge()

    def optimiser(self, parameters: Iterable[nn.Parameter], recipe: Recipe) -> torch.optim.Optimizer:
        held = list(parameters)
        return self.optimise(held, super().optimiser(held, recipe))


def _trainer(method: Method, recipe: Recipe, asked: Asked | None = None) -> Any:
    enforce()
    values, labels = np.linspace(-1, 1, 9 * FEATURES).reshape(9, FEATURES), np.arange(9, dtype=np.int64) % plain.CLASSES
    return trainer_for(recipe, plain.CLASSES, Cases(values, labels), CPU, None, asked, method)


def _own_loss(outputs: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    return nn.functional.nll_loss(torch.log_softmax(outputs, 1), labels)


def _named(features: int, classes: int) -> nn.Module:
    return nn.Sequential(
        OrderedDict([("in", nn.Linear(features, 5)), ("act", nn.ReLU()), ("out", nn.Linear(5, classes))])
    )


def _tied(features: int, classes: int) -> nn.Module:
    model = nn.Sequential(nn.Linear(features, 5), nn.Linear(5, 5), nn.Linear(5, 5), nn.Linear(5, classes))
    model[2].weight = model[1].weight
    return model


def _clipped(features: int, classes: int) -> nn.Module:
    model = connected(features, classes)
    model.get_parameter("0.weight").register_hook(lambda gradient: gradient.clamp(-1e-3, 1e-3))  # type: ignore[no-untyped-call]
    return model


def _with_step_hook(_: object, papers: torch.optim.Optimizer) -> torch.optim.Optimizer:
    papers.register_step_post_hook(lambda *_: None)
    return papers


def _with_other_betas(held: list[nn.Parameter], _: object) -> torch.optim.Optimizer:
    return torch.optim.Adamax(held, lr=NATIVE.learning_rate, betas=(0.8, 0.9), weight_decay=NATIVE.weight_decay)


def _of_weights(held: list[nn.Parameter], papers: torch.optim.Optimizer) -> torch.optim.Optimizer:
    group = papers.param_groups[0]
    constants = {name: group[name] for name in ("lr", "betas", "eps", "weight_decay")}
    return torch.optim.Adamax([value for value in held if value.dim() > 1], **constants)


def _by_group(held: list[nn.Parameter], _: object) -> torch.optim.Optimizer:
    groups: list[dict[str, Any]] = [{"params": held[:1]}, {"params": held[1:], "weight_decay": 0.0}]
    return torch.optim.Adamax(groups, lr=0.01)


FAST: dict[str, Method] = {
    "the paper's": PaperMethod(),
    "another chain": Altered(connected),
    "the function": Altered(judge=lambda: nn.functional.cross_entropy),
}


@pytest.mark.parametrize("method", FAST.values(), ids=FAST)
def test_the_papers_training_of_any_chain_is_the_fast_one(method: Method) -> None:
    from longcon.training.portable import PortableTrainer

    assert type(_trainer(method, NATIVE)) is NativeTrainer
    assert type(_trainer(method, NATIVE, Asked(detail=True))) is NativeTrainer
    assert type(_trainer(method, PORTABLE)) is PortableTrainer


NO_RECIPES = "not Adamax with the recipe's constants"
NOT_PLAIN = "not the plain mean cross-entropy"
# What is said of detail; and of portable arithmetic, where that is the same.
OTHERS: dict[str, tuple[Altered, str]] = {
    "SGD": (Altered(optimise=lambda held, _: torch.optim.SGD(held)), f"the optimiser is SGD, {NO_RECIPES}"),
    "other betas": (Altered(optimise=_with_other_betas), f"the optimiser is Adamax, {NO_RECIPES}"),
    "groups": (Altered(optimise=_by_group), f"the optimiser is Adamax, {NO_RECIPES}"),
    "a hook on steps": (Altered(optimise=_with_step_hook), f"the optimiser is Adamax, {NO_RECIPES}"),
    "weights alone": (Altered(optimise=_of_weights), "the optimiser leaves out 0.bias"),
    "class weights": (Altered(judge=weighted), f"the loss is CrossEntropyLoss(), {NOT_PLAIN}"),
    "a sum": (
        Altered(judge=lambda: nn.CrossEntropyLoss(reduction="sum")),
        f"the loss is CrossEntropyLoss(), {NOT_PLAIN}",
    ),
    "an own loss": (Altered(judge=lambda: _own_loss), f"the loss is _own_loss, {NOT_PLAIN}"),
    "a partial loss": (Altered(judge=lambda: partial(_own_loss)), f"the loss is partial, {NOT_PLAIN}"),
    "an own model": (Altered(lambda *_: _Own()), "the model is a _Own, not a Sequential of layers"),
    "frozen": (Altered(frozen), "parameter 0.weight is not trained"),
    "tied": (Altered(_tied), "the model uses a layer or a parameter twice"),
    "clipped": (Altered(_clipped), "the model has a hook on 0.weight"),
}


class _Own(nn.Module):
    """A model of the user's own."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Linear(FEATURES, plain.CLASSES)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        result: torch.Tensor = self.inner(inputs)
        return result


ONLY_DETAIL: dict[str, tuple[Altered, str, str]] = {
    "BatchNorm": (Altered(normalised), "the model keeps buffers", "Layer 1, BatchNorm1d,"),
    "Dropout": (Altered(dropping), "the model has a Dropout, layer 1", "Layer 1, Dropout,"),
    "Conv": (Altered(convolved), "the model does not begin with a Linear layer", "Layer 0, Unflatten,"),
    "no bias": (
        Altered(partial(connected, bias=False)),
        "the model's first layer has no bias",
        "Layer 0, Linear without bias,",
    ),
}
GENERIC = OTHERS | {name: (method, text) for name, (method, text, _) in ONLY_DETAIL.items()}
GENERIC["named"] = (Altered(_named), "the model's first layer is named in, not 0")


@pytest.mark.parametrize(("method", "text"), GENERIC.values(), ids=GENERIC)
def test_any_other_training_is_the_generic_one_and_keeps_no_detail(method: Altered, text: str) -> None:
    assert type(_trainer(method, NATIVE)) is GenericTrainer
    with pytest.raises(RecipeError) as error:
        _trainer(method, NATIVE, Asked(detail=True))
    assert str(error.value) == (
        f"Detail of every step is kept where the paper's method trains, but {text}: do not ask for it."
    )


@pytest.mark.parametrize(("method", "text"), OTHERS.values(), ids=OTHERS)
def test_portable_arithmetic_names_what_of_the_method_it_lacks(method: Altered, text: str) -> None:
    with pytest.raises(RecipeError) as error:
        _trainer(method, PORTABLE)
    assert str(error.value) == (
        f"Portable arithmetic trains a Sequential by cross-entropy and Adamax, but {text}: "
        "change that, or give --arithmetic=native."
    )


@pytest.mark.parametrize(("method", "_", "layer"), ONLY_DETAIL.values(), ids=ONLY_DETAIL)
def test_portable_arithmetic_names_the_layer_that_it_lacks(method: Altered, _: str, layer: str) -> None:
    with pytest.raises(RecipeError) as error:
        _trainer(method, PORTABLE)
    assert str(error.value) == (
        f"{layer} has no portable form: use Linear, LayerNorm, Softshrink or ReLU, or --arithmetic=native."
    )


PENALTIES: list[tuple[Callable[[list[nn.Parameter]], torch.optim.Optimizer], float]] = [
    (torch.optim.Adam, 0.0),
    (partial(torch.optim.SGD, weight_decay=0.3), 0.3),
    (partial(torch.optim.Adam, weight_decay=0.3), 0.3),
    (partial(torch.optim.Adam, weight_decay=0.3, decoupled_weight_decay=True), 0.0),
    (partial(torch.optim.AdamW, weight_decay=0.3), 0.0),
    (partial(torch.optim.NAdam, weight_decay=0.3), 0.3),
    (partial(torch.optim.Adafactor, weight_decay=0.3), 0.0),
    (lambda held: torch.optim.Muon([value for value in held if value.dim() == 2], weight_decay=0.3), 0.0),
    (torch.optim.LBFGS, 0.0),
    (lambda held: _by_group(held, None), 0.0),
]


@pytest.mark.parametrize(("optimise", "penalty"), PENALTIES, ids=map(str, range(len(PENALTIES))))
def test_the_penalty_is_what_is_added_to_the_loss(optimise: Any, penalty: float) -> None:
    method = Altered(optimise=lambda held, _: optimise(held))
    model = started(method, FEATURES, plain.CLASSES, NATIVE)
    assert penalty_of(method, model, NATIVE) == penalty
    assert penalty_of(PaperMethod(), model, NATIVE) == NATIVE.weight_decay


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_the_tensors_of_a_loss_are_in_the_recipes_precision(dtype: Any) -> None:
    loss = loss_of(Altered(judge=weighted), Recipe(k=1, dtype=dtype), CPU)
    outputs, labels = torch.zeros(2, 4, dtype=getattr(torch, dtype)), torch.tensor([0, 3])
    found = loss(outputs, labels)
    assert found.dtype == outputs.dtype
    assert found.item() == pytest.approx(weighted()(outputs.float(), labels).item(), rel=1e-6)
    assert loss_of(Altered(judge=lambda: _own_loss), NATIVE, CPU) is _own_loss
