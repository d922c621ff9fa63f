"""Residual, smallest and largest eigenvalue: those of the dense Hessian in the full space."""

from __future__ import annotations

import copy
import functools
import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from longcon.curvature import Curvature, curvature
from longcon.errors import LongconError
from tests.curvature.dense import BATCHES, CLASSES, FEATURES, NETWORKS, Dense, dense, drawn, minibatch, network

EXACT = 1e-10


def same_as_dense(
    whole: Dense, model: nn.Module, inputs: torch.Tensor, labels: torch.Tensor, weight_decay: float, vectors: int
) -> Curvature:
    """Checks every figure against the dense Hessian, and returns them."""
    found = curvature(model, inputs, labels, weight_decay, vectors=vectors)
    residual, columns = whole.residual(vectors)
    assert found.vectors == columns
    assert found.residual == pytest.approx(residual, rel=EXACT, abs=1e-14)
    assert found.gradient_norm == pytest.approx(float(np.linalg.norm(whole.gradient)), rel=EXACT)
    assert found.smallest == pytest.approx(float(whole.eigenvalues[0]), rel=EXACT, abs=1e-13)
    assert found.largest == pytest.approx(float(np.abs(whole.eigenvalues).max()), rel=EXACT)
    assert found.smallest_error <= 1e-12 * found.largest
    return found


@functools.cache
def whole_hessian(name: str, k: int, ties: str, weight_decay: float) -> Dense:
    return dense(network(name), *minibatch(k, ties), weight_decay)


@pytest.mark.parametrize("weight_decay", [0.0, 0.01])
@pytest.mark.parametrize("vectors", [64, 12])
@pytest.mark.parametrize(("k", "ties"), BATCHES)
@pytest.mark.parametrize("name", NETWORKS)
def test_figures_are_those_of_the_dense_hessian(
    name: str, k: int, ties: str, vectors: int, weight_decay: float
) -> None:
    whole = whole_hessian(name, k, ties, weight_decay)
    same_as_dense(whole, network(name), *minibatch(k, ties), weight_decay, vectors)


def test_a_network_of_no_more_than_64_parameters_has_all_its_gradient_in_u() -> None:
    """10 parameters outside of the coordinates are vectors of lambda, and with the others there is room for them."""
    model = nn.Sequential(nn.Linear(FEATURES, CLASSES)).double()
    drawn(model, 0)
    batch = minibatch(2, "none")
    found = same_as_dense(dense(model, *batch, 0.3), model, *batch, 0.3, 64)
    assert (found.vectors, found.coordinates) == (40, 8)
    assert found.residual == pytest.approx(found.gradient_norm, rel=1e-14)


@pytest.mark.parametrize("weight_decay", [0.0, 0.01])
def test_a_degenerate_singular_value_is_taken_whole_or_not_at_all(weight_decay: float) -> None:
    """76 parameters: at lambda stand all but the few dimensions in which one case bends the loss."""
    model = nn.Sequential(nn.Linear(18, CLASSES)).double()
    drawn(model, 0)
    batch = minibatch(1, "none", features=18)
    below = curvature(model, *batch, weight_decay)
    above = curvature(model, *batch, weight_decay, vectors=76)
    # The softmax of 4 classes bends in 3 directions, and the Gauss-Newton Hessian of a linear model is all there is.
    assert below.vectors == 3
    assert above.vectors == 76
    assert above.residual == pytest.approx(above.gradient_norm, rel=1e-14)
    # The gradient of the loss has nothing at the level; that of the penalty has.
    assert (below.residual < above.residual * (1 - 1e-6)) == (weight_decay > 0)
    assert below.smallest == pytest.approx(weight_decay, abs=1e-15)


@given(st.sampled_from(sorted(NETWORKS)), st.integers(1, 4), st.integers(0, 2**32), st.sampled_from([0.0, 0.02]))
@settings(max_examples=25)
def test_every_case_twice_is_the_same_minibatch(name: str, k: int, seed: int, weight_decay: float) -> None:
    model, (inputs, labels) = network(name, seed), minibatch(k, "none", seed)
    once = curvature(model, inputs, labels, weight_decay)
    twice = curvature(model, inputs.repeat(2, 1), labels.repeat(2), weight_decay)
    for figure in ("residual", "gradient_norm", "smallest", "largest"):
        scale = 1e-10 * (once.largest if figure in ("smallest", "largest") else once.gradient_norm)
        assert getattr(twice, figure) == pytest.approx(getattr(once, figure), rel=1e-8, abs=scale)
    assert twice.vectors == once.vectors


@given(st.sampled_from(sorted(NETWORKS)), st.integers(1, 5), st.integers(0, 2**32))
@settings(max_examples=15)
def test_more_vectors_hold_no_less_of_the_gradient(name: str, k: int, seed: int) -> None:
    model, batch = network(name, seed), minibatch(k, "none", seed)
    found = [curvature(model, *batch, 0.01, vectors=vectors) for vectors in (1, 4, 16, 64)]
    residuals = [one.residual for one in found]
    assert residuals == sorted(residuals)
    assert residuals[-1] <= found[-1].gradient_norm * (1 + 1e-12)
    assert all(one.vectors <= vectors for one, vectors in zip(found, (1, 4, 16, 64), strict=True))


def test_float32_is_measured_in_float64_and_nothing_is_modified() -> None:
    model, (inputs, labels) = network("LayerNorm and Softshrink").float(), minibatch(2, "none")
    inputs = inputs.float()
    before = copy.deepcopy(model.state_dict())
    with torch.no_grad():
        found = curvature(model, inputs, labels, 0.01)
    assert found == curvature(copy.deepcopy(model).double(), inputs.double(), labels, 0.01)
    assert {name: value.dtype for name, value in model.state_dict().items()} == dict.fromkeys(before, torch.float32)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert all(parameter.grad is None and parameter.requires_grad for parameter in model.parameters())


def test_another_loss() -> None:
    """The half squared error of one linear layer: its Hessian is x x^T for each unit, x with its 1."""
    model = nn.Sequential(nn.Linear(FEATURES, 2)).double()
    drawn(model, 0)
    inputs, _ = minibatch(1, "none")
    found = curvature(
        model,
        inputs,
        torch.zeros(1, 2),
        0.0,
        vectors=10,
        loss=lambda outputs, labels: (outputs - labels).square().sum() / 2,
    )
    length = float(inputs.square().sum()) + 1
    assert found.largest == pytest.approx(length, rel=1e-14)
    assert found.vectors == 2
    assert found.residual == pytest.approx(found.gradient_norm, rel=1e-14)
    assert found.gradient_norm == pytest.approx(float(model(inputs).detach().norm()) * math.sqrt(length), rel=1e-14)
    assert found.smallest == 0.0


def test_where_nothing_passes_the_gates_the_penalty_is_all_there_is() -> None:
    model = nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 2, bias=False)).double()
    model.load_state_dict({"0.bias": -torch.ones(2), "0.weight": torch.eye(2), "2.weight": torch.eye(2)})
    found = curvature(model, torch.zeros(1, 2), torch.tensor([0]), 0.5, vectors=4)
    gradient = 0.5 * math.sqrt(6)
    expected = Curvature(0.0, pytest.approx(gradient), 0.5, 0.0, 0.5, 0, 1)  # type: ignore[arg-type]
    assert found == expected


def test_a_loss_that_is_not_finite_is_refused() -> None:
    model, (inputs, labels) = network("ReLU"), minibatch(2, "none")
    inputs[0, 0] = math.nan
    with pytest.raises(LongconError) as raised:
        curvature(model, inputs, labels, 0.0)
    assert str(raised.value) == (
        "The loss's gradient on this minibatch is not finite: lower the learning rate, or look for overflow in the "
        "measurements."
    )
