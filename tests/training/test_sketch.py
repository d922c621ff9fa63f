"""Sketches: the sine of two parameter vectors from 256 numbers each, from the round-off of float64 to 1."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from longcon.devices import parse_surrogate
from longcon.errors import BuildError
from longcon.training import Ordering, State, initial_state, sketched_sine
from longcon.training.digest import Digest
from longcon.training.layout import FIRST, Layout
from longcon.training.reading import Reading
from longcon.training.sketch import Sketch, dealt

FEATURES, WIDTHS, CLASSES = 1000, (24, 10), 3
CPU = torch.device("cpu")
# Of sums at least 250 take part; a round-off of 4e-16 is stated.
ERROR, FLOOR = 1 / 250**0.5, 4e-16


def _tensors(state: State) -> dict[str, torch.Tensor]:
    return {name: torch.from_numpy(value) for name, value in state.items()}


def _reading(held: dict[str, torch.Tensor], ordering: Ordering) -> Reading:
    layout = Layout.of(held, ordering)
    return Reading(Sketch(layout, CPU), Digest(layout, CPU), held[FIRST])


def _recorded(state: State, ordering: Ordering | None = None) -> tuple[np.ndarray, int]:
    """Returns sketch and digest of natural parameters that are held in an ordering."""
    held = _tensors(state if ordering is None else ordering.of_state(state))
    reading = NATURAL if ordering is None else _reading(held, ordering)
    reading.read(held[FIRST])
    others = torch.cat([value.reshape(-1) for name, value in held.items() if name != FIRST])
    return reading.sketch(others).numpy(), int(reading.digest(others))


STATE = initial_state(FEATURES, WIDTHS, CLASSES, 3, "float64")
NATURAL = _reading(_tensors(STATE), Ordering.identity(FEATURES, WIDTHS))
SKETCH = _recorded(STATE)[0]


def _dense(generator: np.random.Generator) -> np.ndarray:
    return generator.normal(size=STATE[FIRST].shape)


def _rank_one(generator: np.random.Generator) -> np.ndarray:
    return np.outer(generator.normal(size=24), generator.normal(size=FEATURES))


def _one_row(generator: np.random.Generator) -> np.ndarray:
    difference = np.zeros(STATE[FIRST].shape)
    difference[generator.integers(24)] = generator.normal(size=FEATURES)
    return difference


def _few_entries(generator: np.random.Generator) -> np.ndarray:
    difference = np.zeros(STATE[FIRST].size)
    difference[generator.choice(difference.size, 3, replace=False)] = generator.normal(size=3)
    return difference.reshape(STATE[FIRST].shape)


def _heavy(generator: np.random.Generator) -> np.ndarray:
    # As the first differences of builds are: 1 / gradient, where the gradient nearly cancels.
    return np.asarray(1 / (generator.normal(size=STATE[FIRST].shape) + 1e-6))


def _exact_sine(a: State, b: State) -> float:
    """Returns the sine in extended precision."""
    u, v = (np.concatenate([x[name].ravel() for name in sorted(x)]).astype(np.longdouble) for x in (a, b))
    difference = v - u
    across = difference - u * ((difference @ u) / (u @ u))
    return float(np.sqrt((across @ across) / (v @ v)))


@pytest.mark.parametrize("exponent", [-15, -13, -8, -1, 0])
@pytest.mark.parametrize("kind", [_dense, _rank_one, _one_row, _few_entries, _heavy], ids=lambda kind: kind.__name__)
def test_the_sine_is_within_the_stated_error(kind, exponent: int) -> None:  # type: ignore[no-untyped-def]
    generator = np.random.Generator(np.random.PCG64(exponent + 100))
    ratios = []
    for _ in range(8):
        difference = kind(generator)
        size = 10.0**exponent * float(np.linalg.norm(STATE[FIRST])) / float(np.linalg.norm(difference))
        other = STATE | {FIRST: STATE[FIRST] + size * difference}
        exact = _exact_sine(STATE, other)
        found = float(sketched_sine(SKETCH[None], _recorded(other)[0][None])[0])
        # Of a few large entries two may share a sum, which is rare and then no small error.
        relative = 0.75 if kind in (_few_entries, _heavy) else 4 * ERROR
        assert abs(found - exact) < relative * exact + FLOOR
        ratios.append(found / exact)
    # The sketch of STATE is in every ratio, so that its own error does not average out.
    assert abs(np.mean(ratios) - 1) < 3 * ERROR * (0.5 + 0.5 / 8) ** 0.5 + FLOOR / exact


def test_a_difference_in_the_other_parameters_counts_as_much() -> None:
    generator = np.random.Generator(np.random.PCG64(1))
    for name in STATE:
        other = STATE | {name: STATE[name] + 1e-9 * generator.normal(size=STATE[name].shape)}
        found = float(sketched_sine(SKETCH[None], _recorded(other)[0][None])[0])
        # Three numbers, such as the last bias, may share a sum.
        assert found == pytest.approx(_exact_sine(STATE, other), rel=0.75 if STATE[name].size < 50 else 0.25)


@settings(max_examples=20)
@given(st.integers(1, 10_000), st.sampled_from(["float64", "float32"]))
def test_another_order_has_the_same_digest_and_the_same_sketch(number: int, dtype: str) -> None:
    features, *units = parse_surrogate(f"order:{number}").orders((FEATURES, *WIDTHS))
    state = initial_state(FEATURES, WIDTHS, CLASSES, number, dtype)
    natural, held = _recorded(state), _recorded(state, Ordering(features, tuple(units)))
    assert natural[1] == held[1]
    assert float(sketched_sine(natural[0][None], held[0][None])[0]) < FLOOR
    np.testing.assert_allclose(held[0], natural[0], rtol=0, atol=1e-14)


@settings(max_examples=20)
@given(st.floats(-100, 100), st.integers(0, 100))
def test_the_map_is_linear(factor: float, seed: int) -> None:
    other = initial_state(FEATURES, WIDTHS, CLASSES, seed, "float64")
    both = {name: STATE[name] + factor * other[name] for name in STATE}
    np.testing.assert_allclose(_recorded(both)[0], SKETCH + factor * _recorded(other)[0], rtol=0, atol=1e-11)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("rows", [4, 7])
def test_a_large_weight_is_read_alike_by_torch_and_compiled(dtype: str, rows: int) -> None:
    columns = 52_000
    generator = np.random.Generator(np.random.PCG64(rows))
    tensors = _tensors(initial_state(columns, (rows,), 300, rows, dtype))
    for value in tensors.values():
        value.copy_(torch.from_numpy(generator.normal(size=tuple(value.shape))))
    weight, layout = tensors[FIRST], Layout.of(tensors, Ordering(np.arange(columns), (np.arange(rows),)))
    others = torch.cat([value.reshape(-1) for name, value in tensors.items() if name != FIRST])
    sketch, digest = Sketch(layout, CPU), Digest(layout, CPU)
    reading = Reading(sketch, digest, weight)
    for _ in range(2):
        for start in range(0, rows, 4):
            reading.reader(slice(start, start + 4), weight[start : start + 4])()
    hashes = digest.rows_of(weight)
    assert torch.equal(reading.hashes, hashes)
    assert reading.digest(others) == digest.of(hashes, others)
    expected = (weight.double() * torch.from_numpy(1.0 - 2.0 * sketch.signs)).sum(0)
    whole = sketch(dealt(expected[sketch.columns]), others)
    np.testing.assert_allclose(reading.sketch(others), whole, rtol=0, atol=1e-13)


REFUSED = [
    (
        np.ones((3, 256)),
        np.ones((4, 256)),
        "Sketches of shapes (3, 256) and (4, 256) have no sine: compare builds of one recipe, step by step.",
    ),
    (
        np.ones((3, 256)),
        np.zeros((3, 256)),
        "A sketch is zero and has no direction: compare builds that were initialised.",
    ),
]


@pytest.mark.parametrize(("a", "b", "text"), REFUSED, ids=["shapes", "zero"])
def test_sketches_without_a_sine_are_refused(a: np.ndarray, b: np.ndarray, text: str) -> None:
    with pytest.raises(BuildError) as error:
        sketched_sine(a, b)
    assert str(error.value) == text
