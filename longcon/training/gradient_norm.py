"""The norm of a gradient whose largest part is never formed.

A Linear layer's weight gradient is D^T X, from the gradients D of its outputs, cases x units, and its inputs X, cases x
features. Its squared norm is the sum of (D D^T) o (X X^T) over pairs of cases: of the features only the Gram matrix of
the minibatch is needed, which is the same in every epoch.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor


def gram(inputs: Tensor) -> Tensor:
    """Returns the inner products of cases x features, cases x cases, float64."""
    wide = inputs.double()
    return wide @ wide.t()


def outer_square(gradient: Tensor, inner: Tensor) -> Tensor:
    """Returns the squared norm of a weight's gradient, a scalar of float64.

    Round-off can hide a norm below 1e-8 of the sum of the cases' own norms, where these cancel.

    Args:
        gradient: of the layer's outputs, cases x units.
        inner: the Gram matrix of its inputs.
    """
    wide = gradient.double()
    return torch.dot((wide @ wide.t()).view(-1), inner.view(-1)).clamp_(min=0)


def square(gradients: Iterable[Tensor]) -> Tensor:
    """Returns the sum of squares over tensors, a scalar of float64."""
    flat = torch.cat([gradient.reshape(-1) for gradient in gradients]).double()
    return flat.dot(flat)
