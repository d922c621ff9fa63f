"""Digests: their sums written out in whole numbers, and every single bit seen."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from longcon.draws import Draws
from longcon.errors import BuildError
from longcon.training import Ordering, State, first_difference, initial_state
from longcon.training.digest import Digest
from longcon.training.layout import FIRST, Layout

SHAPE = (9, (5, 3), 2)
STATE = initial_state(*SHAPE, seed=0, dtype="float64")


def _digest(state: State) -> int:
    tensors = {name: torch.from_numpy(value) for name, value in state.items()}
    digest = Digest(Layout.of(tensors, Ordering.identity(9, (5, 3))), torch.device("cpu"))
    others = torch.cat([value.reshape(-1) for name, value in tensors.items() if name != FIRST])
    return int(digest.of(digest.rows_of(tensors[FIRST]), others)) % 2**64


def _hash(words: list[int], keys: list[int]) -> int:
    keyed = [(word + key) % 2**64 for word, key in zip(words, keys, strict=True)]
    return sum((each % 2**32) * (each >> 32) for each in keyed) % 2**64


def _bits(values: np.ndarray) -> list[int]:
    return [int(word) for word in values.astype(np.float64).ravel().view(np.uint64)]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_it_is_the_hash_of_the_rows_hashes(dtype: str) -> None:
    state = initial_state(*SHAPE, seed=4, dtype=dtype)
    keys = {
        name: Draws(0, f"digest of the {name}").words(60).tolist() for name in ("columns", "rows", "other parameters")
    }
    rows = [_hash(_bits(row), keys["columns"][:9]) for row in state[FIRST]]
    others = np.concatenate([value.ravel() for name, value in state.items() if name != FIRST])
    rows.append(_hash(_bits(others), keys["other parameters"][: others.size]))
    assert _digest(state) == _hash(rows, keys["rows"][:6])


@given(st.sampled_from(sorted(STATE)), st.integers(0, 10**6), st.integers(0, 63))
def test_every_bit_of_every_parameter_counts(name: str, entry: int, bit: int) -> None:
    changed = STATE[name].copy()
    changed.view(np.uint64).reshape(-1)[entry % changed.size] ^= np.uint64(1) << np.uint64(bit)
    assert _digest(STATE | {name: changed}) != _digest(STATE)


def test_parameters_that_change_places_count() -> None:
    swapped = STATE[FIRST][[1, 0, 2, 3, 4]]
    turned = STATE[FIRST][:, ::-1].copy()
    assert len({_digest(STATE | {FIRST: weight}) for weight in (STATE[FIRST], swapped, turned)}) == 3


@pytest.mark.parametrize(
    ("a", "b", "expected"), [([1, 2, 3], [1, 2, 3], None), ([1, 2, 3], [1, 5, 3], 1), ([1, 2, 3], [0, 2, 4], 0)]
)
def test_the_first_difference(a: list[int], b: list[int], expected: int | None) -> None:
    assert first_difference(np.array(a, np.uint64), np.array(b, np.uint64)) == expected


def test_digests_of_other_lengths_are_refused() -> None:
    with pytest.raises(BuildError) as error:
        first_difference(np.zeros(3, np.uint64), np.zeros(4, np.uint64))
    assert str(error.value) == "3 and 4 digests have no first difference: compare builds of one recipe, step by step."
