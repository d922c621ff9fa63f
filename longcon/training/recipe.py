"""The recipe: everything that fixes a training in software."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from longcon.errors import RecipeError, did_you_mean

Precision = Literal["float64", "float32"]
PRECISIONS: tuple[str, ...] = get_args(Precision)
Arithmetic = Literal["native", "portable"]
ARITHMETICS: tuple[str, ...] = get_args(Arithmetic)


@dataclass(frozen=True)
class Recipe:
    """Everything that fixes the training of one build in software (paper, Sections IV-C to IV-E).

    Attributes:
        k: cases in a minibatch, taken in order with stride k (equation 1); 1 is stochastic gradient descent.
        dtype: precision of parameters, data and arithmetic.
        learning_rate: Adamax's step size.
        weight_decay: weight of the L2 penalty, as torch.optim.Adamax applies it.
        epochs: passes over the training cases.
        seed: of the initial values and of the order of the training cases.
        widths: units of the hidden layers.
        betas: Adamax's decay rates of the first moment and of the infinity norm.
        epsilon: Adamax's term against division by zero.
        arithmetic: ``"native"``, PyTorch's own kernels, or ``"portable"``, single correctly rounded operations in a
            fixed order, whose bits no device changes.
        layer_norm_epsilon: added to the variance in layer normalisation; 1e-5 is PyTorch's own.

    Raises:
        RecipeError: a value that no training can have.
    """

    k: int
    dtype: Precision = "float64"
    # The points of the paper's grid, exp(-6 + 4 i / 7), that README's "default recipe" chose: i = 1 and i = 3.
    learning_rate: float = math.exp(-6 + 4 / 7)
    weight_decay: float = math.exp(-6 + 12 / 7)
    epochs: int = 64
    seed: int = 0
    widths: tuple[int, ...] = (128, 32)
    betas: tuple[float, float] = (0.9, 0.999)
    epsilon: float = 1e-8
    arithmetic: Arithmetic = "native"
    layer_norm_epsilon: float = 1e-5

    def __post_init__(self) -> None:
        if self.k < 1:
            raise RecipeError(f"k is {self.k}, but a minibatch holds at least 1 case: give --k=1 or more.")
        if self.dtype not in PRECISIONS:
            hint = did_you_mean(self.dtype, PRECISIONS)
            raise RecipeError(f"dtype '{self.dtype}' is unknown{hint}: give {' or '.join(PRECISIONS)}.")
        if self.arithmetic not in ARITHMETICS:
            hint = did_you_mean(self.arithmetic, ARITHMETICS)
            raise RecipeError(f"arithmetic '{self.arithmetic}' is unknown{hint}: give {' or '.join(ARITHMETICS)}.")
        if self.epochs < 1:
            raise RecipeError(f"epochs is {self.epochs}, but training takes at least 1: give --epochs=1 or more.")
        if self.seed < 0:
            raise RecipeError(f"seed is {self.seed}, but a seed is not negative: give --seed=0 or more.")
        if not (math.isfinite(self.learning_rate) and self.learning_rate > 0):
            raise RecipeError(f"learning rate is {self.learning_rate:g}: give --learning-rate a number above 0.")
        if not (math.isfinite(self.weight_decay) and self.weight_decay >= 0):
            raise RecipeError(f"weight decay is {self.weight_decay:g}: give --weight-decay a number of at least 0.")
        if not (math.isfinite(self.layer_norm_epsilon) and self.layer_norm_epsilon > 0):
            raise RecipeError(
                f"layer norm epsilon is {self.layer_norm_epsilon:g}: give --layer-norm-epsilon a number above 0."
            )

    def fits(self, training_cases: int) -> None:
        """Checks that the minibatch does not exceed the training set.

        Raises:
            RecipeError: k is above ``training_cases``.
        """
        if self.k > training_cases:
            raise RecipeError(
                f"k is {self.k}, but the training split has {training_cases} cases: give --k={training_cases} or less."
            )

    @staticmethod
    def of_json(fields: Mapping[str, Any]) -> Recipe:
        """Returns the recipe that `as_json` gave.

        Raises:
            RecipeError: a value that no training can have.
        """
        given: dict[str, Any] = {k: tuple(value) if isinstance(value, list) else value for k, value in fields.items()}
        return Recipe(**given)

    def as_json(self) -> dict[str, object]:
        """Returns the recipe as plain JSON values; floats round-trip exactly."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}
