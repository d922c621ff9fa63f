"""The layers, forward and backward, as torch operations of one correct rounding each: the reference for every device.

Every product is a multiplication and every sum goes through `sums`; there is no matmul, no mean and no library
function. A number that an operation divides by is a tensor, since CUDA multiplies by the reciprocal of a Python scalar.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from longcon.training.portable.elementary import exp, log
from longcon.training.portable.sums import case_sum, tree_sum

# Products of a layer are held all at once up to this many, else case by case; the bits are the same.
HELD_PRODUCTS = 1 << 22
Kept = tuple[Tensor, ...]


class Layer(Protocol):
    """A layer that shares its parameters' memory with the module it was made from."""

    def parameters(self) -> tuple[Tensor, ...]:
        """Returns the parameters, updated in place by an optimiser."""

    def forward(self, inputs: Tensor) -> tuple[Tensor, Kept]:
        """Returns the outputs, cases x units, and what `backward` will need."""

    def input_gradient(self, kept: Kept, gradient: Tensor) -> Tensor:
        """Returns the gradient of the inputs from the gradient of the outputs."""

    def parameter_gradients(self, kept: Kept, gradient: Tensor) -> tuple[Tensor, ...]:
        """Returns the gradient of each parameter, summed over the cases, from the gradient of the outputs."""


def row_products(inputs: Tensor, rows: Tensor) -> Tensor:
    """Returns the inner product of each case with each row, cases x rows.

    Args:
        inputs: cases x terms.
        rows: rows x terms.
    """
    if len(inputs) * rows.numel() <= HELD_PRODUCTS:
        return tree_sum(inputs[:, None] * rows)
    return torch.stack([tree_sum(case * rows) for case in inputs])


def outer_sum(gradient: Tensor, inputs: Tensor) -> Tensor:
    """Returns the gradient of a Linear layer's weight: the sum over the cases, first to last, of outer products."""
    total = gradient[0, :, None] * inputs[0]
    for case in range(1, len(inputs)):
        total = total + gradient[case, :, None] * inputs[case]
    return total


@dataclass(frozen=True)
class Linear:
    """A fully connected layer.

    Attributes:
        weight: units x inputs.
        bias: units.
    """

    weight: Tensor
    bias: Tensor

    def parameters(self) -> tuple[Tensor, ...]:
        """Returns weight and bias."""
        return self.weight, self.bias

    def forward(self, inputs: Tensor) -> tuple[Tensor, Kept]:
        """Returns W x + b; backward needs the inputs."""
        return row_products(inputs, self.weight) + self.bias, (inputs,)

    def input_gradient(self, kept: Kept, gradient: Tensor) -> Tensor:  # noqa: ARG002 - a linear map's is constant
        """Returns W^T g."""
        return row_products(gradient, self.weight.t())

    def parameter_gradients(self, kept: Kept, gradient: Tensor) -> tuple[Tensor, ...]:
        """Returns the gradients of weight and bias."""
        return outer_sum(gradient, kept[0]), case_sum(gradient)


@dataclass(frozen=True)
class LayerNorm:
    """Layer normalisation over the units of a case, with weight and bias (Ba et al. 2016).

    Attributes:
        weight: units.
        bias: units.
        epsilon: scalar tensor, added to the variance.
    """

    weight: Tensor
    bias: Tensor
    epsilon: Tensor

    def parameters(self) -> tuple[Tensor, ...]:
        """Returns weight and bias."""
        return self.weight, self.bias

    def forward(self, inputs: Tensor) -> tuple[Tensor, Kept]:
        """Returns w (x - mean) / sqrt(variance + epsilon) + b; backward needs the quotient and the root."""
        units = self._units(inputs)
        centred = inputs - (tree_sum(inputs) / units)[:, None]
        root = _sqrt(tree_sum(centred * centred) / units + self.epsilon)[:, None]
        normal = centred / root
        return normal * self.weight + self.bias, (normal, root)

    def input_gradient(self, kept: Kept, gradient: Tensor) -> Tensor:
        """Returns the gradient less its mean and its share along the normalised inputs, over the root."""
        normal, root = kept
        units = self._units(gradient)
        scaled = gradient * self.weight
        mean = (tree_sum(scaled) / units)[:, None]
        share = (tree_sum(scaled * normal) / units)[:, None]
        return ((scaled - mean) - normal * share) / root

    def parameter_gradients(self, kept: Kept, gradient: Tensor) -> tuple[Tensor, ...]:
        """Returns the gradients of weight and bias."""
        return case_sum(gradient * kept[0]), case_sum(gradient)

    @staticmethod
    def _units(values: Tensor) -> Tensor:
        return values.new_tensor(values.shape[1])


@dataclass(frozen=True)
class Softshrink:
    """x - threshold above the threshold, x + threshold below minus it, 0 between.

    Attributes:
        threshold: scalar tensor.
    """

    threshold: Tensor

    def parameters(self) -> tuple[Tensor, ...]:
        """Returns none."""
        return ()

    def forward(self, inputs: Tensor) -> tuple[Tensor, Kept]:
        """Returns the shrunk inputs; backward needs to know where they are 0 by shrinking."""
        inner = inputs.abs() <= self.threshold
        shrunk = torch.where(inputs > 0, inputs - self.threshold, inputs + self.threshold)
        return torch.where(inner, torch.zeros_like(inputs), shrunk), (inner,)

    def input_gradient(self, kept: Kept, gradient: Tensor) -> Tensor:
        """Returns the gradient, 0 between the thresholds."""
        return torch.where(kept[0], torch.zeros_like(gradient), gradient)

    def parameter_gradients(self, kept: Kept, gradient: Tensor) -> tuple[Tensor, ...]:  # noqa: ARG002 - has none
        """Returns none."""
        return ()


@dataclass(frozen=True)
class ReLU:
    """x where it is above 0, else 0."""

    def parameters(self) -> tuple[Tensor, ...]:
        """Returns none."""
        return ()

    def forward(self, inputs: Tensor) -> tuple[Tensor, Kept]:
        """Returns the inputs, 0 where they are not positive; written so that NaN stays NaN."""
        low = inputs <= 0
        return torch.where(low, torch.zeros_like(inputs), inputs), (low,)

    def input_gradient(self, kept: Kept, gradient: Tensor) -> Tensor:
        """Returns the gradient, 0 where they were not positive."""
        return torch.where(kept[0], torch.zeros_like(gradient), gradient)

    def parameter_gradients(self, kept: Kept, gradient: Tensor) -> tuple[Tensor, ...]:  # noqa: ARG002 - has none
        """Returns none."""
        return ()


def softmax(logits: Tensor) -> Tensor:
    """Returns the scores of Definition 1, cases x classes."""
    powers = exp(logits - logits.amax(dim=1, keepdim=True))
    return powers / tree_sum(powers)[:, None]


def cross_entropy(logits: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Returns each case's cross-entropy, and the gradient of their mean with respect to the logits.

    Args:
        logits: cases x classes.
        labels: int64 class indices.
    """
    shifted = logits - logits.amax(dim=1, keepdim=True)
    powers = exp(shifted)
    total = tree_sum(powers)
    here = torch.nn.functional.one_hot(labels, logits.shape[1]).bool()
    losses = log(total) - shifted.gather(1, labels[:, None])[:, 0]
    scores = powers / total[:, None]
    return losses, torch.where(here, scores - 1.0, scores) / logits.new_tensor(len(logits))


def _sqrt(values: Tensor) -> Tensor:
    # torch.sqrt on a CPU is a vector library's and was seen not to be correctly rounded, in one value of 70 in float64
    # and one of 5 in float32; numpy's is the processor's own instruction. One value a case is soon carried to the host.
    roots = np.sqrt(values.cpu().numpy())
    return torch.from_numpy(roots).to(values.device)
