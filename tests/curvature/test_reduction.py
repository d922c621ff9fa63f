"""The exact reduction: eigenvalue for eigenvalue the Hessian of the full space, with ties and without."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from longcon.curvature import ReducedHessian
from longcon.draws import Draws
from tests.curvature.dense import BATCHES, FEATURES, NETWORKS, dense, minibatch, network

EXACT = 1e-10


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize(("k", "ties"), BATCHES)
def test_lifted_to_the_full_space_it_is_the_full_hessian(name: str, k: int, ties: str) -> None:
    model, (inputs, labels) = network(name), minibatch(k, ties)
    whole, reduced = dense(model, inputs, labels, 0.0), ReducedHessian(model, inputs, labels)
    lift = reduced.lift(torch.eye(reduced.size, dtype=torch.float64)).numpy()
    np.testing.assert_allclose(lift.T @ lift, np.eye(reduced.size), atol=1e-14)
    scale = float(np.abs(whole.eigenvalues).max())
    np.testing.assert_allclose(lift @ reduced.dense().numpy() @ lift.T, whole.matrix, rtol=0, atol=EXACT * scale)
    np.testing.assert_allclose(
        lift @ reduced.gradient.numpy(), whole.gradient, rtol=0, atol=EXACT * float(np.linalg.norm(whole.gradient))
    )
    flat = torch.cat([parameter.detach().flatten() for parameter in model.parameters()]).numpy()
    np.testing.assert_allclose(reduced.position.numpy(), lift.T @ flat, atol=1e-13)
    assert reduced.squared_norm() == pytest.approx(flat @ flat, rel=1e-14)
    assert reduced.parameters == len(flat)


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("k", [1, 5])
def test_forward_over_reverse_is_reverse_over_reverse(name: str, k: int) -> None:
    """Forward over forward through a LayerNorm is silently wrong in PyTorch (#196700)."""
    hessian = ReducedHessian(network(name), *minibatch(k, "none"))
    vectors = torch.from_numpy(Draws(0, "vectors").normal(hessian.size, 40))
    expected = hessian.reverse_over_reverse(vectors)
    torch.testing.assert_close(hessian.forward_over_reverse(vectors), expected, rtol=0, atol=1e-13)
    for few in (1, 33):
        torch.testing.assert_close(hessian.block_product(vectors[:, :few]), expected[:, :few], rtol=0, atol=1e-13)


@pytest.mark.parametrize(
    ("features", "k", "most"),
    # First layer k x 128, LayerNorms 256 + 64, second layer 32 k + k (129 - k), third 7 k + k (33 - k).
    [(FEATURES, 1, 647), (300, 1, 647), (20_000, 1, 647), (300, 4, 1604)],
)
def test_coordinates_do_not_grow_with_the_features(features: int, k: int, most: int) -> None:
    model = nn.Sequential(
        nn.Linear(features, 128),
        nn.LayerNorm(128),
        nn.Softshrink(),
        nn.Linear(128, 32),
        nn.LayerNorm(32),
        nn.Softshrink(),
        nn.Linear(32, 7),
    )
    inputs, labels = minibatch(k, "none", features=features)
    assert 0.5 * most < ReducedHessian(model, inputs, labels).size <= most


def test_closed_gates_take_no_coordinates_and_open_ones_all() -> None:
    model = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 3)).double()
    inputs, labels = torch.eye(3, dtype=torch.float64)[:2], torch.tensor([0, 1])
    closing = {"0.weight": torch.zeros(4, 3), "0.bias": torch.tensor([1.0, -1.0, 1.0, -1.0])}
    model.load_state_dict(closing, strict=False)
    # Two units are open, each with two coordinates; the second layer sees two directions of three and is pulled by two.
    assert ReducedHessian(model, inputs, labels).size == 2 * 2 + 3 * 2 + 2 * 1


def test_a_linear_layer_on_more_than_two_dimensions_is_kept_whole() -> None:
    model = nn.Sequential(
        nn.Linear(FEATURES, 6), nn.Unflatten(1, (2, 3)), nn.Linear(3, 2), nn.Flatten(), nn.Linear(4, 4)
    ).double()
    inputs, labels = minibatch(2, "none")
    whole, reduced = dense(model, inputs, labels, 0.0), ReducedHessian(model, inputs, labels)
    lift = reduced.lift(torch.eye(reduced.size, dtype=torch.float64)).numpy()
    np.testing.assert_allclose(lift @ reduced.dense().numpy() @ lift.T, whole.matrix, atol=1e-12)
