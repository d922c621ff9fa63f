"""The layers: gradients against autograd, softmax and LayerNorm against mpmath."""

from __future__ import annotations

from functools import partial

import mpmath  # type: ignore[import-untyped]
import numpy as np
import pytest
import torch
from torch import Tensor, nn

from longcon.training.portable.layers import LayerNorm, cross_entropy, softmax
from longcon.training.portable.model import portable_layers

GENERATOR = np.random.Generator(np.random.PCG64(3))


def _drawn(*shape: int) -> Tensor:
    return torch.from_numpy(GENERATOR.normal(size=shape))


@pytest.mark.parametrize(
    "layer",
    [nn.Linear(1500, 7), nn.LayerNorm(130), nn.Softshrink(0.3), nn.ReLU()],
    ids=lambda layer: type(layer).__name__,
)
@pytest.mark.parametrize("cases", [1, 3])
def test_a_layer_and_its_gradients_are_those_of_autograd(layer: nn.Module, cases: int) -> None:
    model = nn.Sequential(layer).double()
    model.zero_grad()
    for value in model.parameters():
        value.data = _drawn(*value.shape)
    width = 1500 if isinstance(layer, nn.Linear) else 130
    inputs = _drawn(cases, width).requires_grad_()
    theirs = model(inputs)
    gradient = _drawn(*theirs.shape)
    theirs.backward(gradient)
    # Another layer tells the precision of one without parameters.
    ours = portable_layers(nn.Sequential(layer, nn.Linear(1, 1).double()))[0]
    outputs, kept = ours.forward(inputs.detach())
    close = partial(torch.testing.assert_close, rtol=1e-12, atol=1e-12)
    close(outputs, theirs.detach())
    close(ours.input_gradient(kept, gradient), inputs.grad)
    for mine, value in zip(ours.parameter_gradients(kept, gradient), model.parameters(), strict=True):
        close(mine, value.grad)


def test_cross_entropy_and_its_gradient_are_those_of_autograd() -> None:
    logits, labels = _drawn(5, 7).requires_grad_(), torch.tensor([0, 6, 3, 3, 1])
    theirs = nn.functional.cross_entropy(logits, labels)
    theirs.backward()  # type: ignore[no-untyped-call]
    losses, gradient = cross_entropy(logits.detach(), labels)
    assert losses.mean().item() == pytest.approx(theirs.item(), rel=1e-14)
    torch.testing.assert_close(gradient, logits.grad, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_softmax_is_within_8_ulp(dtype: torch.dtype) -> None:
    logits = (_drawn(200, 7) * 2).to(dtype)
    found = softmax(logits).numpy()
    with mpmath.workprec(160):
        for row, scores in zip(logits.tolist(), found, strict=True):
            powers = [mpmath.exp(mpmath.mpf(x)) for x in row]
            for power, score in zip(powers, scores, strict=True):
                error = (mpmath.mpf(float(score)) - power / mpmath.fsum(powers)) / float(np.spacing(score))
                # 5 seen: a difference of logits of 8 to 16 is rounded by up to 2^-50, which is 8 units of its power.
                assert abs(error) < 8


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_layer_norm_is_within_4_ulp_of_its_largest_output(dtype: torch.dtype) -> None:
    module = nn.LayerNorm(128, dtype=dtype)
    module.weight.data, module.bias.data = _drawn(128).to(dtype), _drawn(128).to(dtype)
    layer = portable_layers(nn.Sequential(module))[0]
    assert isinstance(layer, LayerNorm)
    inputs = _drawn(10, 128).to(dtype)
    found = layer.forward(inputs)[0].numpy()
    weight, bias, epsilon = layer.weight.tolist(), layer.bias.tolist(), layer.epsilon.item()
    with mpmath.workprec(160):
        for row, outputs in zip(inputs.tolist(), found, strict=True):
            values = [mpmath.mpf(x) for x in row]
            mean = mpmath.fsum(values) / 128
            root = mpmath.sqrt(mpmath.fsum((x - mean) ** 2 for x in values) / 128 + epsilon)
            unit = float(np.spacing(np.abs(outputs).max()))
            for x, w, b, y in zip(values, weight, bias, outputs, strict=True):
                assert abs((x - mean) / root * w + b - float(y)) < 4 * unit
