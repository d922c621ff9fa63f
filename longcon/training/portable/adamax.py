"""Adamax (Kingma and Ba 2015, section 7.1) as torch.optim.Adamax defines it, in portable operations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from longcon.training.recipe import Recipe


@dataclass(frozen=True)
class Constants:
    """What one step multiplies by and adds, each a number of the training's precision.

    Attributes:
        first: 1 - beta1.
        second: beta2.
        epsilon: the term against division by zero.
        decay: weight of the L2 penalty; 0 adds nothing to the gradient.
        rate: learning rate / (1 - beta1^step).
    """

    first: float
    second: float
    epsilon: float
    decay: float
    rate: float


def steps(recipe: Recipe, done: int = 0) -> Iterator[Constants]:
    """Yields the constants of every step after the first ``done``, each rounded once to the recipe's precision.

    They are made on the host in float64; beta1's powers by repeated multiplication, since pow is a library function.
    """
    first, second = recipe.betas
    power = 1.0
    for _ in range(done):
        power *= first
    while True:
        power *= first
        rate = recipe.learning_rate / (1.0 - power)
        exact = (1.0 - first, second, recipe.epsilon, recipe.weight_decay, rate)
        yield Constants(*(float(np.dtype(recipe.dtype).type(value)) for value in exact))


class Adamax:
    """Updates parameters in place, any torch device.

    Args:
        parameters: of one dtype and device.

    Attributes:
        held: each parameter with its first moment and its infinity norm.
    """

    def __init__(self, parameters: Sequence[Tensor]) -> None:
        self.held = [(value, torch.zeros_like(value), torch.zeros_like(value)) for value in parameters]

    def step(self, gradients: Sequence[Tensor], constants: Constants) -> None:
        """Updates every parameter from its gradient."""
        for (value, moment, norm), gradient in zip(self.held, gradients, strict=True):
            update(value, moment, norm, gradient, constants)


def update(value: Tensor, moment: Tensor, norm: Tensor, gradient: Tensor, constants: Constants) -> None:
    """Takes one parameter, its first moment and its infinity norm one step on, in place."""
    number = value.new_tensor
    if constants.decay != 0:
        gradient = gradient + value * number(constants.decay)
    moment.copy_(moment + (gradient - moment) * number(constants.first))
    decayed, present = norm * number(constants.second), gradient.abs() + number(constants.epsilon)
    # Not torch.maximum: this is the comparison that the compiled kernel makes.
    norm.copy_(torch.where(decayed > present, decayed, present))
    value.copy_(value - (moment / norm) * number(constants.rate))
