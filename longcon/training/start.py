"""The start of a training: a method's model at its initial values, in an order of sums and on a device."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn

from longcon.training.chain import chain_of
from longcon.training.host_draws import HostDraws
from longcon.training.method import Method
from longcon.training.ordering import Ordering
from longcon.training.recipe import Recipe
from longcon.training.state import state_of, take_state


def started(method: Method, features: int, classes: int, recipe: Recipe) -> nn.Module:
    """Returns a method's model at its initial values, in the recipe's precision, on the CPU and in training mode.

    What it draws while it is made it draws from the recipe's seed, on the host. It is made in float64 and rounded once,
    so that both precisions start from the same model.

    Args:
        method: of the problem.
        features: width p of the measurements.
        classes: number of classes.
        recipe: of the training.
    """
    with _default_dtype(torch.float64), HostDraws(recipe.seed, "initial values"):
        model = method.model(features, classes, recipe)
    model = model.to(getattr(torch, recipe.dtype)).train()
    for value in model.parameters():
        # Every parameter is read as rows of its own memory, step by step.
        value.data = value.data.contiguous()
    return model


def natural_ordering(model: nn.Module, features: int) -> Ordering:
    """Returns the order of sums in which a model is written down."""
    stages = chain_of(model) or ()
    return Ordering.identity(features, [stage.units for stage in stages[:-1]], stages)


def hold(model: nn.Module, ordering: Ordering, device: torch.device) -> None:
    """Takes a model, in place, from its natural order to another one, and to a device."""
    take_state(model, ordering.of_state(state_of(model)))
    model.to(device)


@contextmanager
def _default_dtype(dtype: torch.dtype) -> Iterator[None]:
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        yield
    finally:
        torch.set_default_dtype(before)
