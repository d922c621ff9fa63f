"""Draws on the host: PyTorch's random operations take their numbers from a stream that no device changes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import functional

from longcon.draws import Draws
from longcon.training.host_draws import HostDraws, own_generators
from tests.training.drawn import DRAWN, digests, drawn

ROOT = Path(__file__).parents[2]


def _draws(seed: int = 0) -> Draws:
    """Returns the stream of `drawn`, of which the first word seeds PyTorch's own generator."""
    draws = Draws(seed, "test")
    draws.words(1)
    return draws


_BOUND = 30**-0.5
EXACT: dict[str, Callable[[Draws], np.ndarray]] = {
    "uniform_": lambda draws: draws.uniform(30, 40) * 5 - 2,
    "normal_": lambda draws: draws.normal(30, 40) * 2 + 1,
    "Linear": lambda draws: np.concatenate(
        [draws.uniform(600) * (2 * _BOUND) - _BOUND, draws.uniform(20) * (2 * _BOUND) - _BOUND]
    ),
    "dropout": lambda draws: (draws.uniform(30, 40) < 0.7) / 0.7,
    "dropout in place": lambda draws: (draws.uniform(30, 40) < 0.7) / 0.7,
    # A GPU drops in one operation, and what a CPU drops.
    "native dropout": lambda draws: (draws.uniform(30, 40) < 0.7) / 0.7,
    "feature dropout": lambda draws: np.broadcast_to((draws.uniform(30, 40, 1, 1) < 0.7) / 0.7, (30, 40, 2, 2)),
    "bernoulli": lambda draws: draws.uniform(1200) < np.arange(1200) / 1200,
    "bernoulli of one": lambda draws: draws.uniform(1200) < 0.3,
    "bernoulli_": lambda draws: draws.uniform(1200) < 0.3,
    "rand": lambda draws: draws.uniform(30, 40),
    "rand_like": lambda draws: draws.uniform(30, 40),
    "randn": lambda draws: draws.normal(30, 40),
    "randn_like": lambda draws: draws.normal(30, 40),
    "randperm": lambda draws: draws.permutation(1200),
    "normal": lambda draws: draws.normal(30, 40) * 2 + 1,
    "normal of both": lambda draws: draws.normal(30, 40),
    "handed a generator": lambda draws: draws.uniform(1200),
    "normal, handed a generator": lambda draws: draws.normal(1200),
    "order, handed a generator": lambda draws: draws.permutation(1200),
}


@pytest.mark.parametrize("name", EXACT)
def test_the_numbers_are_those_of_the_stream(name: str) -> None:
    np.testing.assert_array_equal(drawn(name, 3).numpy(), EXACT[name](_draws(3)))


def test_other_kernels_draw_the_same() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.training.drawn"],
        env=os.environ | {"ATEN_CPU_CAPABILITY": "default", "MKL_CBWR": "COMPATIBLE", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    # In this process the processor's best kernels run.
    assert dict(line.split(" ", 1)[::-1] for line in done.stdout.splitlines()) == digests()


@pytest.mark.parametrize("name", DRAWN)
def test_seeds_differ_and_the_default_generator_does_not_count(name: str) -> None:
    torch.manual_seed(1)
    first = drawn(name, 1)
    torch.manual_seed(2)
    assert torch.equal(first, drawn(name, 1))
    assert not torch.equal(first, drawn(name, 2))


# Of 1,200 draws: mean, standard deviation, least and greatest.
SHAPES = {
    "uniform_": (0.5, 5 / 12**0.5, -2, 3),
    "normal_": (1, 2, -11, 13),
    # Mean and deviation of a normal distribution of deviation 0.5, cut at -1 and 0.7.
    "trunc_normal_": (-0.0547, 0.3990, -1, 0.7),
    "kaiming_uniform_": (0, (2 / 40) ** 0.5, -((6 / 40) ** 0.5), (6 / 40) ** 0.5),
    "kaiming_normal_": (0, (2 / 40) ** 0.5, -2, 2),
    "xavier_uniform_": (0, (2 / 70) ** 0.5, -((6 / 70) ** 0.5), (6 / 70) ** 0.5),
    "xavier_normal_": (0, (2 / 70) ** 0.5, -2, 2),
    "dropout": (1, (0.3 / 0.7) ** 0.5, 0, 1 / 0.7),
    "alpha dropout": (1, None, -2, 2),
    "bernoulli": (0.5, 0.5, 0, 1),
    "normal of means": (0.5, (4 + 1 / 12) ** 0.5, -12, 13),
    "normal of deviations": (1, 3**-0.5, -5, 7),
}


@pytest.mark.parametrize("name", SHAPES)
def test_distributions_are_pytorchs(name: str) -> None:
    mean, deviation, least, greatest = SHAPES[name]
    values = drawn(name)
    assert least <= values.min()
    assert values.max() <= greatest
    torch.set_default_dtype(torch.float64)
    own = DRAWN[name]()
    torch.set_default_dtype(torch.float32)
    # Four standard errors of a mean, and of a deviation where the fourth moment is a normal distribution's or less.
    spread = float(own.std()) if deviation is None else deviation
    for found in (values, own):
        if name != "alpha dropout":
            assert abs(float(found.mean()) - mean) < 4 * spread / 1200**0.5
        assert abs(float(found.std()) - spread) < 4 * spread / 2400**0.5


def test_orthogonal_values_are_orthogonal() -> None:
    with HostDraws(0, "test"):
        weight = nn.init.orthogonal_(torch.empty(7, 20, dtype=torch.float64))
    torch.testing.assert_close(weight @ weight.t(), torch.eye(7, dtype=torch.float64))


@given(st.sampled_from([torch.float32, torch.float16, torch.bfloat16]), st.integers(0, 1000))
def test_a_short_type_never_rounds_up_to_one(dtype: torch.dtype, seed: int) -> None:
    with HostDraws(seed, "test"):
        values = torch.rand(2000, dtype=dtype)
    assert values.dtype == dtype
    assert values.double().max() < 1
    exact = Draws(seed, "test")
    exact.words(1)
    below = exact.uniform(2000) - values.double().numpy()
    assert (below >= 0).all()
    assert (below < torch.finfo(dtype).eps / 2).all()


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize("p", [0.0, 0.3, 1.0])
def test_gradients_flow_through_what_was_kept(p: float, dtype: torch.dtype) -> None:
    inputs = torch.linspace(1, 2, 500, dtype=dtype, requires_grad=True)
    drops: list[Callable[[], Tensor]] = [
        lambda: functional.dropout(inputs, p),
        lambda: torch.native_dropout(inputs, p, True)[0],
    ]
    for drop in drops:
        with HostDraws(1, "test"):
            outputs = drop()
        (gradient,) = torch.autograd.grad(outputs.sum(), inputs)
        kept = torch.ones(500, dtype=torch.bool) if p == 0 else torch.from_numpy(_draws(1).uniform(500) < 1 - p)
        assert torch.equal(outputs != 0, kept)
        assert torch.equal(gradient != 0, kept)
        torch.testing.assert_close(outputs, inputs * gradient)
        torch.testing.assert_close(gradient[kept], torch.full_like(gradient[kept], 1 / (1 - p) if p < 1 else 0))


def test_no_dropout_draws_where_it_is_not_trained() -> None:
    inputs = torch.linspace(1, 2, 50)
    with HostDraws(1, "test"):
        assert torch.equal(functional.dropout(inputs, 0.5, training=False), inputs)
        outputs, kept = torch.native_dropout(inputs, 0.5, False)
        first = torch.rand(3, dtype=torch.float64)
    assert torch.equal(outputs, inputs)
    assert kept.all()
    assert first.tolist() == _draws(1).uniform(3).tolist()


def test_tensors_without_values_draw_nothing() -> None:
    with HostDraws(1, "test"), torch.device("meta"):
        made = nn.Sequential(nn.Linear(3, 4), nn.Dropout(0.5))
        values = [made[0].weight, torch.randn(3), torch.empty(3).bernoulli_(0.5), torch.rand_like(torch.empty(2))]
    assert all(value.is_meta for value in values)
    with HostDraws(1, "test") as stream, stream:
        nn.Linear(3, 4, device="meta")
        first = torch.rand(3, dtype=torch.float64)
    assert first.tolist() == _draws(1).uniform(3).tolist()


@pytest.mark.parametrize("block", [HostDraws, own_generators])
def test_pytorchs_own_generator_is_seeded_and_goes_on_as_it_was(
    block: Callable[[int, str], AbstractContextManager[object]],
) -> None:
    torch.manual_seed(5)
    before = torch.get_rng_state()
    drawn_within = []
    for _ in range(2):
        with block(1, "test"):
            # An operation that the stream does not know.
            drawn_within.append(torch.empty(4).exponential_())
        assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(*drawn_within)
    assert not torch.equal(drawn_within[0], torch.empty(4).exponential_())


def test_a_mistake_within_leaves_nothing_in_force() -> None:
    before = torch.get_rng_state()
    with pytest.raises(RuntimeError), HostDraws(1, "test"):
        torch.ones(2) @ torch.ones(3)
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(5)
    first = torch.rand(3)
    torch.manual_seed(5)
    assert torch.equal(first, torch.rand(3))
