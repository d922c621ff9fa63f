"""What a Hessian of the loss on one minibatch must offer, in whichever coordinates it is written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from torch import Tensor

Loss = Callable[[Tensor, Tensor], Tensor]


class Hessian(Protocol):
    """The Hessian of the loss, without the L2 penalty, in orthonormal coordinates outside of which it vanishes.

    Attributes:
        size: number n of coordinates.
        parameters: number of the network's parameters; n of these dimensions have a coordinate.
        gradient: float64, n; gradient of the loss.
        position: float64, n; the parameters themselves.
    """

    size: int
    parameters: int
    gradient: Tensor
    position: Tensor

    def block_product(self, vectors: Tensor) -> Tensor:
        """Returns the Hessian times the columns of ``vectors``, float64, n x b."""

    def dense(self) -> Tensor:
        """Returns the Hessian, float64, n x n, symmetric to the last bit."""

    def squared_norm(self) -> float:
        """Returns the sum of the squares of all parameters."""
