"""The Hessian of any model in the space of all its parameters, by curvlinops."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

from longcon.curvature.evaluation import layer_norm
from longcon.curvature.hessian import Loss
from longcon.draws import Draws
from longcon.errors import LongconError

# A product with more columns holds that many copies of the parameters and of the activations.
COLUMNS_AT_ONCE = 32
# Largest relative difference between two ways to one product that round-off explains.
AGREEMENT = 1e-8


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
        LongconError: curvlinops is not installed, or a product of it is wrong.
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
        for module in model.modules():
            if type(module) is nn.LayerNorm:
                # curvlinops differentiates PyTorch's own kernel in the one way that is silently wrong.
                module.__class__ = _ElementaryLayerNorm
        parameters = list(model.parameters())
        inputs = inputs.detach().double() if inputs.is_floating_point() else inputs
        with torch.enable_grad():
            gradients = torch.autograd.grad(
                loss(model(inputs), labels), parameters, create_graph=True, materialize_grads=True
            )
        kept = torch.cat([gradient.flatten() for gradient in gradients])
        self.gradient = kept.detach()
        self.position = torch.cat([parameter.detach().flatten() for parameter in parameters])
        self.size = self.parameters = len(self.position)
        # The model is a copy that nobody else moves, so a second evaluation to see that it stands still tells nothing.
        self._operator = HessianLinearOperator(
            model, _AsOneCase(loss), parameters, [(inputs, labels)], check_deterministic=False
        )
        self._check(kept, parameters, type(model).__name__)

    def _check(self, gradient: Tensor, parameters: list[nn.Parameter], name: str) -> None:
        """Compares one product with reverse over reverse, since wrong derivatives of a module would go unseen."""
        vector = torch.from_numpy(Draws(0, "check of curvlinops").normal(self.size)).to(gradient)
        if not gradient.requires_grad:
            return
        images = torch.autograd.grad(gradient, parameters, vector, materialize_grads=True)
        expected = torch.cat([image.flatten() for image in images])
        difference = float((self._operator @ vector - expected).norm() / expected.norm())
        if difference > AGREEMENT:
            raise LongconError(
                f"The Hessian of this {name} by curvlinops differs from reverse over reverse by {difference:.0%}: "
                "replace the module whose second derivative PyTorch gets wrong, such as a normalisation, by elementary "
                "operations."
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


class _ElementaryLayerNorm(nn.LayerNorm):
    """A LayerNorm by elementary operations."""

    def forward(self, inputs: Tensor) -> Tensor:
        """Returns the normalised inputs."""
        return layer_norm(self, dict(self.named_parameters()), inputs)


class _AsOneCase(nn.Module):
    """A loss as curvlinops asks for it: a module that says that its value is not to be scaled by the cases."""

    reduction = "sum"

    def __init__(self, loss: Loss) -> None:
        super().__init__()
        self._loss = loss

    def forward(self, outputs: Tensor, labels: Tensor) -> Tensor:
        """Returns the loss."""
        return self._loss(outputs, labels)
