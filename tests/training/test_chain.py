"""Chains: which models have an order of sums to permute, and what is said of the others."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

import pytest
from torch import nn

from longcon.training import PaperMethod, Recipe, Stage, chain_of, why_no_chain


def _shared_function() -> nn.Module:
    relu = nn.ReLU()
    return nn.Sequential(nn.Linear(5, 4), relu, nn.Linear(4, 3), relu, nn.Linear(3, 2))


CHAINS: list[tuple[str, Callable[[], nn.Module], tuple[Stage, ...]]] = [
    (
        "the paper's",
        lambda: PaperMethod().model(5, 2, Recipe(k=1, widths=(4, 3))),
        (Stage("0", 4, ("1",)), Stage("3", 3, ("4",)), Stage("6", 2)),
    ),
    ("one layer", lambda: nn.Sequential(nn.Linear(5, 2)), (Stage("0", 2),)),
    ("no bias", lambda: nn.Sequential(nn.Linear(5, 2, bias=False), nn.LogSoftmax(1)), (Stage("0", 2),)),
    (
        "named",
        lambda: nn.Sequential(OrderedDict([("in", nn.Linear(5, 4)), ("act", nn.GELU()), ("out", nn.Linear(4, 2))])),
        (Stage("in", 4), Stage("out", 2)),
    ),
    (
        "two normalisations",
        lambda: nn.Sequential(nn.Linear(5, 4), nn.BatchNorm1d(4), nn.Mish(), nn.LayerNorm(4), nn.Linear(4, 2)),
        (Stage("0", 4, ("1", "3")), Stage("4", 2)),
    ),
    ("a function that stands twice", _shared_function, (Stage("0", 4), Stage("2", 3), Stage("4", 2))),
    ("functions of classes", lambda: nn.Sequential(nn.Linear(5, 2), nn.Tanh(), nn.Softmax(1)), (Stage("0", 2),)),
]


@pytest.mark.parametrize(("make", "stages"), [case[1:] for case in CHAINS], ids=[case[0] for case in CHAINS])
def test_chains_have_stages(make: Callable[[], nn.Module], stages: tuple[Stage, ...]) -> None:
    assert chain_of(make()) == stages
    assert why_no_chain(make()) is None


class _Own(nn.Sequential):
    """May compute anything."""


class _OwnLinear(nn.Linear):
    """May compute anything."""


def _tied() -> nn.Module:
    model = nn.Sequential(nn.Linear(4, 4), nn.Tanh(), nn.Linear(4, 4))
    model[2].weight = model[0].weight
    return model


def _standing_twice() -> nn.Module:
    linear = nn.Linear(4, 4)
    return nn.Sequential(linear, nn.Tanh(), linear)


def _shared_statistics() -> nn.Module:
    norm = nn.BatchNorm1d(4, affine=False)
    return nn.Sequential(nn.Linear(4, 4), norm, nn.Linear(4, 4), norm, nn.Linear(4, 2))


def _hooked(place: str) -> nn.Module:
    model = nn.Sequential(nn.Linear(5, 4), nn.ReLU(), nn.Linear(4, 2))
    if place == "model":
        model.register_forward_hook(lambda *_: None)
    if place == "layer":
        model[1].register_full_backward_pre_hook(lambda *_: None)
    if place == "weight":
        model.get_parameter("2.weight").register_hook(lambda gradient: gradient.clamp(-1, 1))  # type: ignore[no-untyped-call]
    if place == "update":
        model.get_parameter("0.bias").register_post_accumulate_grad_hook(lambda _: None)  # type: ignore[no-untyped-call]
    return model


def _weight_normalised() -> nn.Module:
    with pytest.warns(FutureWarning, match="weight_norm"):
        return nn.Sequential(nn.utils.weight_norm(nn.Linear(5, 4)), nn.Linear(4, 2))


def _after(*modules: nn.Module) -> Callable[[], nn.Module]:
    return lambda: nn.Sequential(nn.Linear(6, 4), *modules, nn.Linear(4, 2))


OTHERS: list[tuple[Callable[[], nn.Module], str]] = [
    (lambda: nn.Linear(5, 2), "is a Linear, not a Sequential"),
    (lambda: _Own(nn.Linear(5, 2)), "is a _Own, not a Sequential"),
    (nn.Sequential, "does not begin with a Linear layer"),
    (lambda: nn.Sequential(nn.Flatten(), nn.Linear(5, 2)), "does not begin with a Linear layer"),
    (lambda: nn.Sequential(_OwnLinear(5, 2)), "does not begin with a Linear layer"),
    (_tied, "uses a layer or a parameter twice"),
    (_standing_twice, "uses a layer or a parameter twice"),
    (_shared_statistics, "uses a layer or a parameter twice"),
    (_after(nn.ReLU(), nn.Dropout(0.1)), "has a Dropout, layer 2"),
    (_after(nn.PReLU()), "has a PReLU, layer 1"),
    (_after(nn.Softmax(1)), "has a Softmax, layer 1"),
    (_after(nn.Sequential(nn.ReLU())), "has a Sequential, layer 1"),
    (_after(nn.Unflatten(1, (2, 2)), nn.LayerNorm((2, 2)), nn.Flatten()), "has a Unflatten, layer 1"),
    (_after(nn.LayerNorm((1, 4))), "has a LayerNorm over 2 dimensions, layer 1"),
    (lambda: nn.Sequential(nn.Linear(5, 2), nn.BatchNorm1d(2)), "has a BatchNorm1d over its classes, layer 1"),
    (lambda: nn.Sequential(nn.Linear(5, 2), nn.LayerNorm(2)), "has a LayerNorm over its classes, layer 1"),
    (lambda: _hooked("model"), "has a hook on the whole"),
    (lambda: _hooked("layer"), "has a hook on 1"),
    (lambda: _hooked("weight"), "has a hook on 2.weight"),
    (lambda: _hooked("update"), "has a hook on 0.bias"),
    (_weight_normalised, "has a hook on 0"),
    (
        lambda: nn.Sequential(nn.utils.parametrizations.weight_norm(nn.Linear(5, 2))),
        "does not begin with a Linear layer",
    ),
    (lambda: nn.Sequential(OrderedDict([("a", nn.Linear(5, 2)), ("b", nn.GLU())])), "has a GLU, layer b"),
]


@pytest.mark.parametrize(("make", "why"), OTHERS, ids=[f"{n} {why}" for n, (_, why) in enumerate(OTHERS)])
def test_of_any_other_model_it_is_said_why(make: Callable[[], nn.Module], why: str) -> None:
    model = make()
    assert why_no_chain(model) == why
    assert chain_of(model) is None
