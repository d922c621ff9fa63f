"""The whole Hessian of small networks, written apart from longcon's: reverse over reverse, all parameters, numpy."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from longcon.draws import Draws

FEATURES, CLASSES = 9, 4
BATCHES = [
    (1, "none"),
    (1, "zero"),
    (2, "none"),
    (2, "repeated"),
    (2, "collinear"),
    (5, "none"),
    (5, "repeated"),
    (5, "collinear"),
]
NETWORKS: dict[str, Callable[[], nn.Sequential]] = {
    "LayerNorm and Softshrink": lambda: nn.Sequential(
        nn.Linear(FEATURES, 8),
        nn.LayerNorm(8),
        nn.Softshrink(),
        nn.Linear(8, 6),
        nn.LayerNorm(6),
        nn.Softshrink(),
        nn.Linear(6, CLASSES),
    ),
    "ReLU": lambda: nn.Sequential(
        nn.Linear(FEATURES, 8), nn.ReLU(inplace=True), nn.Linear(8, 7), nn.ReLU(), nn.Linear(7, CLASSES)
    ),
    "Tanh": lambda: nn.Sequential(nn.Linear(FEATURES, 10), nn.Tanh(), nn.Linear(10, CLASSES)),
    "no biases": lambda: nn.Sequential(
        nn.Linear(FEATURES, 8, bias=False),
        nn.LayerNorm(8, eps=0.1, bias=False),
        nn.Softshrink(0.2),
        nn.Linear(8, 6, bias=False),
        nn.Softplus(),
        nn.Linear(6, CLASSES, bias=False),
    ),
    "PReLU between adjacent layers": lambda: nn.Sequential(
        nn.Linear(FEATURES, 8), nn.Linear(8, 7), nn.PReLU(), nn.Linear(7, CLASSES)
    ),
    "logistic regression": lambda: nn.Sequential(nn.Linear(FEATURES, CLASSES)),
}


def network(name: str, seed: int = 0) -> nn.Sequential:
    """Returns a float64 network at drawn values; no weight or bias of a LayerNorm is at its initial 1 or 0."""
    model = NETWORKS[name]().double()
    drawn(model, seed)
    return model


@torch.no_grad()
def drawn(model: nn.Module, seed: int) -> None:
    """Gives a model drawn parameters of about the size that keeps activations near 1."""
    draws = Draws(seed, "tests of curvature, parameters")
    for parameter in model.parameters():
        values = torch.from_numpy(draws.normal(*parameter.shape)).to(parameter)
        parameter.copy_(values / math.sqrt(parameter.shape[1]) if parameter.ndim > 1 else 0.5 + 0.5 * values)


def minibatch(k: int, ties: str, seed: int = 0, features: int = FEATURES) -> tuple[Tensor, Tensor]:
    """Returns inputs, k x features, and labels; the ties have other labels than what they are tied to."""
    draws = Draws(seed, "tests of curvature, cases")
    inputs = torch.from_numpy(draws.normal(k, features))
    match ties:
        case "zero":
            inputs[0] = 0
        case "repeated":
            inputs[-1] = inputs[0]
        case "collinear":
            # Collinear with and without the column of ones, where k allows it.
            inputs[1] = -2 * inputs[0]
            inputs[-1] = (inputs[0] + inputs[1]) / 2 if k > 2 else inputs[-1]
    return inputs, torch.arange(k) % CLASSES


@dataclass(frozen=True)
class Dense:
    """The loss's gradient and Hessian over all parameters, the L2 penalty included."""

    gradient: NDArray[np.float64]
    matrix: NDArray[np.float64]

    @property
    def eigenvalues(self) -> NDArray[np.float64]:
        """All eigenvalues, ascending."""
        return np.asarray(np.linalg.eigvalsh(self.matrix), dtype=np.float64)

    def residual(self, vectors: int) -> tuple[float, int]:
        """Returns |U^T g| and the number of vectors, by the rule that `longcon.curvature.residual` states."""
        values, basis = np.linalg.eigh(self.matrix)
        order = np.argsort(-np.abs(values))
        sizes = np.abs(values)[order]
        columns = min(vectors, len(sizes))
        while 0 < columns < len(sizes) and sizes[columns - 1] - sizes[columns] <= 1e-10 * sizes[0]:
            columns -= 1
        return float(np.linalg.norm(basis[:, order[:columns]].T @ self.gradient)), columns


def dense(model: nn.Module, inputs: Tensor, labels: Tensor, weight_decay: float) -> Dense:
    """Returns gradient and Hessian of the cross-entropy plus weight_decay / 2 |P|^2."""
    # functional_call does not put back a layer that is used twice.
    model = copy.deepcopy(model)
    parameters = list(model.parameters())
    flat = torch.cat([parameter.detach().flatten() for parameter in parameters])

    def loss(values: Tensor) -> Tensor:
        pieces = torch.split(values, [parameter.numel() for parameter in parameters])
        named = {
            name: piece.view_as(parameter)
            for (name, parameter), piece in zip(model.named_parameters(), pieces, strict=True)
        }
        outputs = torch.func.functional_call(model, named, (inputs,))
        return nn.functional.cross_entropy(outputs, labels) + weight_decay / 2 * values.square().sum()

    origin = flat.requires_grad_()
    (gradient,) = torch.autograd.grad(loss(origin), origin)
    matrix: Tensor = torch.autograd.functional.hessian(loss, flat.detach())  # type: ignore[no-untyped-call]
    return Dense(gradient.numpy(), ((matrix + matrix.T) / 2).numpy())
