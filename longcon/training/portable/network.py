"""What the executions of portable arithmetic have in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from torch import Tensor

from longcon.training.reading import Reading


class Slot(NamedTuple):
    """A parameter with what Adamax remembers of it, each laid as the module lays the parameter."""

    value: Tensor
    moment: Tensor
    norm: Tensor


class Step(NamedTuple):
    """What a minibatch showed before its update.

    Attributes:
        losses: of its cases.
        gradient_square: squared norm of the gradient of their mean over all parameters, float64; its bits are the
            device's.
    """

    losses: Tensor
    gradient_square: Tensor


class Network(Protocol):
    """A network in one execution of portable arithmetic; all executions have the same bits."""

    def held(self, values: Tensor) -> Tensor:
        """Returns cases x features as `step` and `scores` take them."""

    def follow(self, reading: Reading) -> None:
        """Gives ``reading`` the first weight after every step from now on."""

    def step(self, inputs: Tensor, labels: Tensor, batch: slice, following: slice) -> Step:
        """Updates every parameter once; the model holds all but the first weight when it was told to follow."""

    def scores(self, inputs: Tensor) -> Tensor:
        """Returns the scores of Definition 1, cases x classes."""

    def state(self) -> dict[str, Tensor]:
        """Returns the parameters by name."""

    def slots(self) -> list[Slot]:
        """Returns every parameter with its moment and norm, in the order of `state`; copies or not."""

    def resume(self, slots: Sequence[Slot], steps: int) -> None:
        """Goes on from what `slots` gave after a number of steps."""
