"""The paper's network: fully connected layers with layer normalisation and softshrink between (Section IV-C)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn


def network(
    features: int, widths: Sequence[int], classes: int, dtype: torch.dtype, epsilon: float = 1e-5
) -> nn.Sequential:
    """Returns the network features-widths-classes on the meta device: shapes, and no values yet.

    Between two Linear layers stand a LayerNorm and a Softshrink of PyTorch's default threshold, 0.5. The outputs are
    logits; their softmax is the score of Definition 1. Values come from `initialisation`, never from PyTorch.

    Args:
        features: width p of the input.
        widths: units of the hidden layers; (128, 32) in the paper.
        classes: number of classes.
        dtype: torch.float64 or torch.float32.
        epsilon: added to the variance in layer normalisation.
    """
    layers: list[nn.Module] = []
    incoming = features
    for width in widths:
        layers += [
            nn.Linear(incoming, width, device="meta", dtype=dtype),
            nn.LayerNorm(width, eps=epsilon, device="meta", dtype=dtype),
            nn.Softshrink(),
        ]
        incoming = width
    layers.append(nn.Linear(incoming, classes, device="meta", dtype=dtype))
    return nn.Sequential(*layers)


def first_linear(model: nn.Sequential) -> nn.Linear:
    """Returns the layer that sees the features."""
    first = model[0]
    assert isinstance(first, nn.Linear)
    return first


def with_state(model: nn.Sequential, state: dict[str, torch.Tensor], device: torch.device) -> nn.Sequential:
    """Returns ``model`` on ``device``, holding copies of the values in ``state``."""
    model.to_empty(device=device)
    model.load_state_dict(state, strict=True)
    return model
