"""The Krylov space: against a tight eigsh, in spaces that it exhausts, and with multiple eigenvalues."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy.sparse.linalg import eigsh
from torch import nn

from longcon.curvature import ReducedHessian, curvature
from longcon.curvature.spectrum import BLOCK, Spectrum, dense_spectrum, krylov_spectrum
from longcon.draws import Draws
from longcon.training import Recipe, initial_state
from longcon.training.network import network, with_state

FEATURES, CLASSES, CASES = 300, 7, 64


def trained(k: int, steps: int) -> tuple[nn.Sequential, torch.Tensor, torch.Tensor]:
    """Returns the paper's network after some steps on overlapping classes, and the next minibatch."""
    draws, recipe = Draws(1, "cases of a Krylov space"), Recipe(k=k)
    labels = torch.arange(CASES) % CLASSES
    centres = torch.from_numpy(draws.normal(CLASSES, FEATURES))
    inputs = 0.3 * centres[labels] + torch.from_numpy(draws.normal(CASES, FEATURES))
    start = initial_state(FEATURES, recipe.widths, CLASSES, 0, "float64")
    tensors = {name: torch.from_numpy(value) for name, value in start.items()}
    model = with_state(network(FEATURES, recipe.widths, CLASSES, torch.float64), tensors, torch.device("cpu"))
    optimiser = torch.optim.Adamax(model.parameters(), lr=recipe.learning_rate, weight_decay=recipe.weight_decay)
    for step in range(steps + 1):
        at = step * k % CASES
        batch = inputs[at : at + k], labels[at : at + k]
        if step < steps:
            optimiser.zero_grad()
            nn.functional.cross_entropy(model(batch[0]), batch[1]).backward()  # type: ignore[no-untyped-call]
            optimiser.step()
    return model, *batch


@pytest.mark.parametrize(("k", "steps"), [(2, 0), (2, 100), (4, 0), (4, 50), (4, 200), (8, 60)])
def test_residual_and_eigenvalues_are_those_of_a_tight_eigsh(k: int, steps: int) -> None:
    model, inputs, labels = trained(k, steps)
    weight_decay = Recipe(k=k).weight_decay
    found, hessian = curvature(model, inputs, labels, weight_decay), ReducedHessian(model, inputs, labels)
    assert found.coordinates == hessian.size > 600
    matrix = hessian.dense().numpy() + weight_decay * np.eye(hessian.size)
    gradient = (hessian.gradient + weight_decay * hessian.position).numpy()
    # ARPACK draws for its restarts even where it is given a first vector.
    ones, rng = np.ones(hessian.size), np.random.default_rng(0)
    values, vectors = eigsh(matrix, k=64, ncv=200, which="LM", tol=1e-12, v0=ones, rng=rng)
    assert found.vectors == 64
    assert found.residual == pytest.approx(float(np.linalg.norm(vectors.T @ gradient)), rel=1e-3)
    smallest = float(eigsh(matrix, k=1, ncv=60, which="SA", tol=1e-12, v0=ones, rng=rng)[0][0])
    assert smallest - 1e-12 * found.largest <= found.smallest <= smallest + found.smallest_error
    assert found.smallest == pytest.approx(smallest, rel=1e-3)
    assert found.largest == pytest.approx(float(np.abs(values).max()), rel=1e-10)


@pytest.mark.parametrize("size", [1, 5, BLOCK, 100, 193])
def test_a_space_that_is_exhausted_holds_the_whole_spectrum(size: int) -> None:
    """Eigenvalues of which most are zero or multiple, and a gradient that has only some of their directions."""
    draws = Draws(size, "multiple eigenvalues")
    basis = torch.linalg.qr(torch.from_numpy(draws.normal(size, size)))[0]
    values = torch.tensor([3.0, -3.0, 1.0, 0.0, 0.0], dtype=torch.float64).repeat(size // 5 + 1)[:size]
    matrix = (basis * values) @ basis.T
    gradient = basis[:, 0] * 2
    found = krylov_spectrum(matrix.__matmul__, gradient, 64, lambda _: math.nan, 0.0)
    torch.testing.assert_close(found.values, values.sort().values, rtol=0, atol=1e-12)
    expected = dense_spectrum(matrix, gradient)
    for value in (3.0, -3.0, 1.0, 0.0):
        lengths = [at.components[(at.values - value).abs() < 1e-6].norm() for at in (found, expected)]
        torch.testing.assert_close(lengths[0], lengths[1], rtol=0, atol=1e-12)


def test_the_space_stops_when_its_figure_settles_and_not_before() -> None:
    matrix = torch.diag(torch.arange(1000, dtype=torch.float64))
    figures = iter([1.0, 2.0, 2.3, 2.31, 2.31])
    seen: list[int] = []

    def figure(spectrum: Spectrum) -> float:
        seen.append(len(spectrum.values))
        return next(figures)

    krylov_spectrum(matrix.__matmul__, torch.ones(1000, dtype=torch.float64), 64, figure, 0.01)
    assert seen == [192, 256, 320, 384]
