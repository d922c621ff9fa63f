"""The Hessian of one minibatch in its few coordinates, and its products with blocks of vectors."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.func import grad, jvp, vmap

from longcon.curvature.hessian import Loss
from longcon.curvature.reduction import parts

# Few columns cost the least by reverse over reverse on a graph that is kept, many by forward over reverse.
FEW_COLUMNS = 128
# Tangents of about 2,048 cases at a time: one pass of Python for many columns, and arrays that stay in the cache.
CASES_AT_ONCE = 2048


class ReducedHessian:
    """The Hessian of the loss on one minibatch by the exact reduction (see `reduction`).

    The network is not modified, and float32 parameters are taken as the float64 numbers that they are. Parameters that
    do not require gradients count like all others. Modules must map equal inputs to equal outputs: no dropout, and no
    batch statistics in training mode.

    Args:
        model: its first module is a Linear layer, and no parameter is used by two modules.
        inputs: k x features.
        labels: what ``loss`` compares with, one for each case.
        loss: the loss of outputs and labels, a scalar that is twice differentiable almost everywhere.

    Attributes:
        size: number n of coordinates.
        parameters: number of the network's parameters.
        gradient: float64, n; gradient of the loss.
        position: float64, n; the parameters themselves, projected orthogonally.
    """

    def __init__(
        self, model: nn.Sequential, inputs: Tensor, labels: Tensor, loss: Loss = nn.functional.cross_entropy
    ) -> None:
        self._model, self._labels, self._criterion = model, labels, loss
        with torch.enable_grad():
            self._parts = list(parts(model, inputs.detach().double(), labels, loss))
        alive = torch.cat([part.alive for part in self._parts])
        # Where nothing can change the loss, one coordinate stays, so that no matrix is empty.
        alive[0] |= not alive.any()
        self._alive, self._coordinates = alive.nonzero()[:, 0], len(alive)
        self.size = len(self._alive)
        self.parameters = sum(parameter.numel() for parameter in model.parameters())
        self._origin = torch.zeros(self.size, dtype=torch.float64, device=inputs.device, requires_grad=True)
        with torch.enable_grad():
            (self._kept_gradient,) = torch.autograd.grad(self._loss(self._origin), self._origin, create_graph=True)
        self.gradient = self._kept_gradient.detach()
        self.position = torch.cat([part.position() for part in self._parts])[self._alive]

    def block_product(self, vectors: Tensor) -> Tensor:
        """Returns the Hessian times the columns of ``vectors``.

        Args:
            vectors: float64, n x b.

        Returns:
            float64, n x b.
        """
        if vectors.shape[1] <= FEW_COLUMNS:
            return self.reverse_over_reverse(vectors)
        return self.forward_over_reverse(vectors)

    def forward_over_reverse(self, vectors: Tensor) -> Tensor:
        """Returns `block_product` as directional derivatives of the gradient."""
        gradient: Callable[[Tensor], Tensor] = grad(self._loss)
        origin = self._origin.detach()

        def product(vector: Tensor) -> Tensor:
            result: Tensor = jvp(gradient, (origin,), (vector,))[1]
            return result

        at_once = max(16, CASES_AT_ONCE // len(self._labels))
        columns: Tensor = vmap(product, chunk_size=at_once)(vectors.T)
        return columns.T

    def reverse_over_reverse(self, vectors: Tensor) -> Tensor:
        """Returns `block_product` as gradients of the gradient's products with the columns."""
        (columns,) = torch.autograd.grad(
            self._kept_gradient, self._origin, vectors.T, retain_graph=True, is_grads_batched=True
        )
        return columns.T

    def dense(self) -> Tensor:
        """Returns the Hessian, float64, n x n, symmetric to the last bit."""
        matrix = self.forward_over_reverse(torch.eye(self.size, dtype=torch.float64, device=self._origin.device))
        return (matrix + matrix.T) / 2

    def squared_norm(self) -> float:
        """Returns the sum of the squares of all parameters."""
        norms = [torch.linalg.vector_norm(value.detach(), dtype=torch.float64) for value in self._model.parameters()]
        return float(torch.stack(norms).square().sum())

    def lift(self, vectors: Tensor) -> Tensor:
        """Returns vectors of the full space from their coordinates.

        Args:
            vectors: float64, n x b.

        Returns:
            float64, parameters x b, in the order of ``model.parameters()``.
        """
        whole = vectors.new_zeros(self._coordinates, vectors.shape[1]).index_copy(0, self._alive, vectors)
        pieces = torch.split(whole, [part.size for part in self._parts])
        return torch.cat([part.lift(piece) for part, piece in zip(self._parts, pieces, strict=True)])

    def _loss(self, coordinates: Tensor) -> Tensor:
        whole = coordinates.new_zeros(self._coordinates).index_copy(0, self._alive, coordinates)
        values = coordinates
        for part, piece in zip(self._parts, torch.split(whole, [part.size for part in self._parts]), strict=True):
            values = part(piece, values)
        return self._criterion(values, self._labels)
