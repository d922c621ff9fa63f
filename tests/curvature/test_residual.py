"""Residual, smallest and largest eigenvalue: those of the dense Hessian in the full space."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from longcon.curvature import Curvature, curvature
from tests.curvature.dense import BATCHES, NETWORKS, dense, minibatch, network

EXACT = 1e-10


def same_as_dense(
    model: nn.Module, inputs: torch.Tensor, labels: torch.Tensor, weight_decay: float, vectors: int
) -> Curvature:
    """Checks every figure against the dense Hessian, and returns them."""
    found = curvature(model, inputs, labels, weight_decay, vectors=vectors)
    whole = dense(model, inputs, labels, weight_decay)
    residual, columns = whole.residual(vectors)
    assert found.vectors == columns
    assert found.residual == pytest.approx(residual, rel=EXACT, abs=1e-14)
    assert found.gradient_norm == pytest.approx(float(np.linalg.norm(whole.gradient)), rel=EXACT)
    assert found.smallest == pytest.approx(float(whole.eigenvalues[0]), rel=EXACT, abs=1e-13)
    assert found.largest == pytest.approx(float(np.abs(whole.eigenvalues).max()), rel=EXACT)
    assert found.smallest_error <= 1e-12 * found.largest
    return found


@pytest.mark.parametrize("weight_decay", [0.0, 0.01])
@pytest.mark.parametrize("vectors", [64, 12])
@pytest.mark.parametrize(("k", "ties"), BATCHES)
@pytest.mark.parametrize("name", NETWORKS)
def test_figures_are_those_of_the_dense_hessian(
    name: str, k: int, ties: str, vectors: int, weight_decay: float
) -> None:
    same_as_dense(network(name), *minibatch(k, ties), weight_decay, vectors)
