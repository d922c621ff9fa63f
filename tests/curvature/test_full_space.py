"""Models without a first Linear layer: curvlinops in the full space, or one clear sentence."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest
import torch
from torch import nn

from longcon.curvature import FullHessian, ReducedHessian, curvature
from longcon.errors import LongconError
from tests.curvature.dense import CLASSES, FEATURES, dense, drawn, minibatch, network
from tests.curvature.test_residual import same_as_dense


class Shared(nn.Module):
    """One layer used twice."""

    def __init__(self) -> None:
        super().__init__()
        self.layer, self.last = nn.Linear(FEATURES, FEATURES), nn.Linear(FEATURES, CLASSES)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        outputs: torch.Tensor = self.last(torch.tanh(self.layer(torch.tanh(self.layer(inputs)))))
        return outputs


def convolution() -> nn.Module:
    return nn.Sequential(
        nn.Unflatten(1, (1, FEATURES)), nn.Conv1d(1, 3, 4), nn.Softplus(), nn.Flatten(), nn.Linear(18, CLASSES)
    )


def tied() -> nn.Module:
    layer = nn.Linear(FEATURES, FEATURES)
    return nn.Sequential(layer, nn.Tanh(), layer, nn.Tanh(), nn.Linear(FEATURES, CLASSES))


def normalised() -> nn.Module:
    return nn.Sequential(
        nn.Tanh(), nn.Linear(FEATURES, 6), nn.LayerNorm(6, eps=0.1), nn.Softshrink(), nn.Linear(6, CLASSES)
    )


@pytest.mark.parametrize("made", [convolution, Shared, tied, normalised])
@pytest.mark.parametrize("weight_decay", [0.0, 0.01])
@pytest.mark.parametrize(("k", "ties"), [(1, "none"), (5, "none"), (5, "repeated")])
def test_figures_are_those_of_the_dense_hessian(
    made: Callable[[], nn.Module], weight_decay: float, k: int, ties: str
) -> None:
    model = made().double()
    drawn(model, 0)
    batch = minibatch(k, ties)
    found = same_as_dense(dense(model, *batch, weight_decay), model, *batch, weight_decay, 20)
    assert found.coordinates == sum(parameter.numel() for parameter in model.parameters())


def test_a_large_model_takes_a_krylov_space() -> None:
    model = nn.Sequential(
        nn.Tanh(), nn.Linear(FEATURES, 40), nn.LayerNorm(40), nn.Tanh(), nn.Linear(40, CLASSES)
    ).double()
    drawn(model, 0)
    batch = minibatch(5, "none")
    found, whole = curvature(model, *batch, 0.01), dense(model, *batch, 0.01)
    assert found.coordinates == len(whole.gradient) > 600
    assert found.residual == pytest.approx(whole.residual(64)[0], rel=1e-3)
    assert found.smallest == pytest.approx(float(whole.eigenvalues[0]), rel=1e-6)


@pytest.mark.parametrize("k", [1, 5])
def test_the_reduction_lifts_to_what_curvlinops_says(k: int) -> None:
    model, batch = network("LayerNorm and Softshrink"), minibatch(k, "none")
    full, reduced = FullHessian(model, *batch), ReducedHessian(model, *batch)
    lift = reduced.lift(torch.eye(reduced.size, dtype=torch.float64))
    torch.testing.assert_close(lift @ reduced.dense() @ lift.T, full.dense(), rtol=0, atol=1e-12)
    torch.testing.assert_close(lift @ reduced.gradient, full.gradient, rtol=0, atol=1e-13)
    assert full.squared_norm() == pytest.approx(reduced.squared_norm(), rel=1e-14)


def test_the_model_is_not_modified() -> None:
    model = convolution()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    inputs, labels = minibatch(2, "none")
    with torch.no_grad():
        curvature(model, inputs.float(), labels, 0.01)
    assert all(
        torch.equal(value, before[name]) and value.dtype == torch.float32 for name, value in model.state_dict().items()
    )
    assert all(parameter.grad is None for parameter in model.parameters())


@pytest.mark.parametrize(("model", "name"), [(convolution(), "Sequential"), (Shared(), "Shared")])
def test_without_curvlinops_one_sentence_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, model: nn.Module, name: str
) -> None:
    monkeypatch.setitem(sys.modules, "curvlinops", None)
    with pytest.raises(LongconError) as raised:
        curvature(model, *minibatch(1, "none"), 0.0)
    assert str(raised.value) == (
        f"The curvature of this {name} needs curvlinops, which is not installed, since only a Sequential that begins "
        "with a Linear layer and shares no parameters goes without: install longcon[curvature]."
    )


def test_the_reduction_does_without_curvlinops(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "curvlinops", None)
    assert curvature(network("ReLU"), *minibatch(1, "none"), 0.0).vectors > 0


class Normalisation(nn.Module):
    """PyTorch's LayerNorm kernel where no module shows it."""

    def __init__(self) -> None:
        super().__init__()
        self.layer, self.scale = nn.Linear(FEATURES, CLASSES), nn.Parameter(torch.ones(CLASSES))

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        return nn.functional.layer_norm(self.layer(inputs), (CLASSES,), self.scale)


def test_a_second_derivative_that_pytorch_gets_wrong_is_refused() -> None:
    """Forward mode over torch.func.jacrev, curvlinops's way, drops a term of the LayerNorm kernel in PyTorch 2.13."""
    model = Normalisation()
    drawn(model, 0)
    with pytest.raises(LongconError) as raised:
        curvature(model, *minibatch(2, "none"), 0.0)
    assert str(raised.value) == (
        "The Hessian of this Normalisation by curvlinops differs from reverse over reverse by 85%: replace "
        "the module whose second derivative PyTorch gets wrong, such as a normalisation, by elementary operations."
    )
