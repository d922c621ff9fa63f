"""exp and log: error bounds against mpmath, edges, and the same bits compiled."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import mpmath  # type: ignore[import-untyped]
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from longcon.training.portable.elementary import EXP_LOWEST, exp, log
from longcon.training.portable.scalar_kernels import exp_scalar, log_scalar

GENERATOR = np.random.Generator(np.random.PCG64(1))
DOWNWARD = -np.concatenate([GENERATOR.uniform(0, 40, 2000), GENERATOR.uniform(0, 708, 1000), 10.0 ** -np.arange(0, 18)])
UPWARD = np.concatenate(
    [1 + GENERATOR.uniform(0, 9, 2000), np.exp(GENERATOR.uniform(-700, 700, 1000)), 1 + 2.0 ** -np.arange(1, 53)]
)
Exact = Callable[[Any], Any]


def errors_in_ulp(found: NDArray[np.floating], exact: Exact, arguments: NDArray[np.floating]) -> float:
    """Returns the largest error, in units in the last place of what was found."""
    with mpmath.workprec(160):
        return max(
            abs(float((mpmath.mpf(float(y)) - exact(mpmath.mpf(float(x)))) / mpmath.mpf(float(np.spacing(abs(y))))))
            for x, y in zip(arguments, found, strict=True)
        )


@pytest.mark.parametrize(("dtype", "bound"), [("float64", 0.9), ("float32", 0.501)])
def test_exp_is_within_its_bound(dtype: str, bound: float) -> None:
    arguments = DOWNWARD.astype(dtype)
    if dtype == "float32":
        arguments = arguments[arguments > -87]
    assert errors_in_ulp(exp(torch.from_numpy(arguments)).numpy(), mpmath.exp, arguments) < bound


@pytest.mark.parametrize(("dtype", "bound"), [("float64", 0.9), ("float32", 0.501)])
def test_log_is_within_its_bound(dtype: str, bound: float) -> None:
    arguments = UPWARD[(UPWARD > 1e-30) & (UPWARD < 1e30)].astype(dtype)
    arguments = arguments[arguments != 1]
    assert errors_in_ulp(log(torch.from_numpy(arguments)).numpy(), mpmath.log, arguments) < bound


def test_log_of_large_and_small_numbers_is_within_its_bound() -> None:
    assert errors_in_ulp(log(torch.from_numpy(UPWARD)).numpy(), mpmath.log, UPWARD) < 0.9


def test_exp_at_its_edges() -> None:
    edges = torch.tensor([0.0, -0.0, EXP_LOWEST, math.nextafter(EXP_LOWEST, -math.inf), -math.inf, math.nan]).double()
    edges[3] = math.nextafter(EXP_LOWEST, -math.inf)
    found = exp(edges).tolist()
    assert found[:2] == [1.0, 1.0]
    assert found[2] > np.finfo(np.float64).tiny
    assert found[3:5] == [0.0, 0.0]
    assert math.isnan(found[5])


def test_log_of_one_is_zero_and_of_nan_is_nan() -> None:
    found = log(torch.tensor([1.0, math.nan], dtype=torch.float64)).tolist()
    assert found[0] == 0.0
    assert math.isnan(found[1])


def test_compiled_bits_are_the_same() -> None:
    assert [exp_scalar(x) for x in DOWNWARD] == exp(torch.from_numpy(DOWNWARD)).tolist()
    assert [log_scalar(x) for x in UPWARD] == log(torch.from_numpy(UPWARD)).tolist()
    assert math.isnan(exp_scalar(math.nan))
    assert [exp_scalar(x) for x in (-math.inf, -709.0, -0.0)] == [0.0, 0.0, 1.0]
