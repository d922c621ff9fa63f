"""Checkpoints that were sealed by someone else: every digest is right, and what they say is not."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from typing import Any

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from safetensors.numpy import load, save

from longcon.errors import StoreError
from longcon.training import Recipe
from longcon.training.checkpoint_bytes import of_bytes
from tests.training.test_checkpoint import Case

SMALL = Case(Recipe(k=8, epochs=4, widths=(5,)), features=12, asked=("best",))
Changes = dict[str, Any]


def _sealed(content: bytes) -> bytes:
    return hashlib.sha256(content).digest() + content


def _parts() -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    content = SMALL.uncut()[1][2][32:]
    length = int.from_bytes(content[:8], "little")
    return dict(load(content)), json.loads(json.loads(content[8 : 8 + length])["__metadata__"]["checkpoint"])


def _use(content: bytes) -> None:
    """Reads a checkpoint and goes on from it, as a training process does."""
    with suppress(StoreError):
        checkpoint = of_bytes(content, "me")
        SMALL.train(resume=checkpoint)


def test_the_parts_of_a_checkpoint_make_it_again() -> None:
    arrays, about = _parts()
    content = _sealed(save(arrays, {"checkpoint": json.dumps(about, sort_keys=True)}))
    assert content == SMALL.uncut()[1][2]
    assert of_bytes(content, "me").epoch == 2


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 5) | st.floats() | st.text(max_size=3) | st.just(10**400),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)
_RECIPE = st.dictionaries(st.sampled_from([*Recipe(k=1).as_json(), "more"]), _VALUES, max_size=2)
_EPOCH = st.dictionaries(st.sampled_from(["epoch", "training_loss", "holdout_loss", "holdout_error", "more"]), _VALUES)
_GROUPS = ("parameters", "moments", "norms", "other", "recorded", "state 2", "scores 2", "strange")
_NAMES = ("0.weight", "0.bias", "losses", "sketches", "digests", "holdout", "state", "w")
_ARRAYS = st.dictionaries(
    st.builds("{}/{}".format, st.sampled_from(_GROUPS), st.sampled_from(_NAMES)),
    st.builds(
        lambda kind, shape: np.ones(shape, dtype=kind),
        st.sampled_from(["f8", "f4", "i8", "u8", "?"]),
        st.lists(st.integers(0, 12), max_size=3),
    ),
    max_size=3,
)


@settings(max_examples=150)
@given(
    about=st.dictionaries(st.sampled_from(["epoch", "history", "resumed_at", "recipe", "of", "more"]), _VALUES),
    recipe=_RECIPE,
    epoch=_EPOCH,
    arrays=_ARRAYS,
    left_out=st.none() | st.integers(0, 50),
)
@example(about={"epoch": float("inf")}, recipe={}, epoch={}, arrays={}, left_out=None)
@example(about={"resumed_at": [float("inf")]}, recipe={}, epoch={}, arrays={}, left_out=None)
@example(about={}, recipe={}, epoch={"epoch": float("inf")}, arrays={}, left_out=None)
@example(about={"history": [3]}, recipe={}, epoch={}, arrays={}, left_out=None)
def test_any_sealed_checkpoint_is_refused_in_words_or_goes_on(
    about: Changes, recipe: Changes, epoch: Changes, arrays: Changes, left_out: int | None
) -> None:
    known, said = _parts()
    said["recipe"] |= recipe
    said["history"][0] |= epoch
    if left_out is not None:
        known.pop(sorted(known)[left_out % len(known)])
    _use(_sealed(save(known | arrays, {"checkpoint": json.dumps(said | about, sort_keys=True)})))


@given(st.binary(max_size=200))
@example(b"\xff" * 8)
@example((1 << 62).to_bytes(8, "little") + b"{}")
@example((100_000).to_bytes(8, "little") + b"[" * 100_000)
def test_any_sealed_bytes_are_refused_in_words(content: bytes) -> None:
    _use(_sealed(content))


def test_what_is_nested_too_deep_is_refused_in_words() -> None:
    arrays, _ = _parts()
    _use(_sealed(save(arrays, {"checkpoint": "[" * 100_000})))


def test_numbers_that_numpy_has_not_are_refused_in_words() -> None:
    header = json.dumps({"w": {"dtype": "BF16", "shape": [1], "data_offsets": [0, 2]}}).encode()
    _use(_sealed(len(header).to_bytes(8, "little") + header + bytes(2)))
