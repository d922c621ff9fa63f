"""The Hessian of any model in the space of all its parameters, by curvlinops."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

from longcon.curvature.hessian import Loss
from longcon.errors import LongconError

# A product with more columns holds that many copies of the parameters and of the activations.
COLUMNS_AT_ONCE = 32


class FullHessian:
    """The Hessian of the loss on one minibatch, every parameter a coordinate.

    Args:
        model: any model; a copy of it in float64 is used. Parameters that do not require gradients are left out.
        inputs: k x anything, the minibatch.
        labels: what ``loss`` compares with, one for each case.
        loss: the loss of outputs and labels, a scalar.

    Attributes:
        size: number n of parameters.
        parameters: the same.
        gradient: float64, n; gradient of the loss.
        position: float64, n; the parameters.

    Raises:
        LongconError: curvlinops is not installed.
    """

    def __init__(
        self, model: nn.Module, inputs: Tensor, labels: Tensor, loss: Loss = nn.functional.cross_entropy
    ) -> None:
        # Imported where it is used: the reduction does without the extra.
        try:
            from curvlinops import HessianLinearOperator  # noqa: PLC0415
        except ImportError:
            raise LongconError(
                f"The curvature of this {type(model).__name__} needs curvlinops, which is not installed, since only a "
                "Sequential that begins with a Linear layer and shares no parameters goes without: "
                "install longcon[curvature]."
            ) from None
        model = copy.deepcopy(model).double().requires_grad_()
        parameters = list(model.parameters())
        inputs = inputs.detach().double() if inputs.is_floating_point() else inputs
        gradients = torch.autograd.grad(loss(model(inputs), labels), parameters, materialize_grads=True)
        self.gradient = torch.cat([gradient.flatten() for gradient in gradients])
        self.position = torch.cat([parameter.detach().flatten() for parameter in parameters])
        self.size = self.parameters = len(self.position)
        # The model is a copy that nobody else moves, so a second evaluation to see that it stands still tells nothing.
        self._operator = HessianLinearOperator(
            model, _AsOneCase(loss), parameters, [(inputs, labels)], check_deterministic=False
        )

    def block_product(self, vectors: Tensor) -> Tensor:
        """Returns the Hessian times the columns of ``vectors``, float64, n x b."""
        return torch.cat([self._operator @ columns for columns in torch.split(vectors, COLUMNS_AT_ONCE, dim=1)], dim=1)

    def dense(self) -> Tensor:
        """Returns the Hessian, float64, n x n, symmetric to the last bit."""
        matrix = self.block_product(torch.eye(self.size).to(self.gradient))
        return (matrix + matrix.T) / 2

    def squared_norm(self) -> float:
        """Returns the sum of the squares of all parameters."""
        return float(self.position.square().sum())


class _AsOneCase(nn.Module):
    """A loss as curvlinops asks for it: a module that says that its value is not to be scaled by the cases."""

    reduction = "sum"

    def __init__(self, loss: Loss) -> None:
        super().__init__()
        self._loss = loss

    def forward(self, outputs: Tensor, labels: Tensor) -> Tensor:
        """Returns the loss."""
        return self._loss(outputs, labels)
