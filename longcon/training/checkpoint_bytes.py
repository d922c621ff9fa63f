"""A checkpoint as bytes: safetensors with JSON beside the tensors, behind the SHA-256 of both. No pickle."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from longcon.errors import RecipeError
from longcon.training.checkpoint import Carried, Checkpoint, unusable
from longcon.training.recipe import Recipe
from longcon.training.result import Epoch, Snapshot

_SEAL = hashlib.sha256().digest_size
# As safetensors lays its header: a length of so many bytes, then JSON.
_LENGTH = 8
_ABOUT = "checkpoint"
_FIELDS = {"of", "recipe", "epoch", "history", "resumed_at"}
# What bytes that someone else sealed may lead to: brackets thousands deep and an infinity for an epoch among them.
_NO_CHECKPOINT = (
    SafetensorError,
    RecipeError,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    OverflowError,
    RecursionError,
)
Arrays = dict[str, NDArray[Any]]


def to_bytes(checkpoint: Checkpoint, of: str) -> bytes:
    """Returns a checkpoint as bytes, the same for the same checkpoint.

    Args:
        checkpoint: what to keep.
        of: whose it is; it is read back for the same alone.
    """
    about = {
        "of": of,
        "recipe": checkpoint.recipe.as_json(),
        "epoch": checkpoint.epoch,
        "history": [vars(entry) for entry in checkpoint.history],
        "resumed_at": list(checkpoint.resumed_at),
    }
    content = save(_arrays(checkpoint), {_ABOUT: json.dumps(about, sort_keys=True, allow_nan=False)})
    return hashlib.sha256(content).digest() + content


def of_bytes(content: bytes, of: str) -> Checkpoint:
    """Returns the checkpoint that `to_bytes` gave.

    That its arrays are those of a training is seen when one goes on from it.

    Raises:
        StoreError: the bytes were altered, are those of no checkpoint, or of another's.
    """
    sealed = content[_SEAL:]
    if hashlib.sha256(sealed).digest() != content[:_SEAL]:
        raise unusable("its bytes are not those of its seal")
    try:
        about, arrays = _about(sealed), dict(load(sealed))
        if about["of"] != of:
            raise unusable("it is of another request")
        return _checkpoint(about, arrays)
    except _NO_CHECKPOINT as error:
        raise unusable(f"its bytes are those of no checkpoint ({type(error).__name__})") from error


def _about(content: bytes) -> dict[str, Any]:
    length = int.from_bytes(content[:_LENGTH], "little")
    header = json.loads(content[_LENGTH : _LENGTH + length])
    about = json.loads(header["__metadata__"][_ABOUT])
    if set(about) != _FIELDS:
        raise ValueError("other fields")
    return dict(about)


def _arrays(checkpoint: Checkpoint) -> Arrays:
    arrays = dict(checkpoint.recorded)
    kept = _prefixed("recorded", arrays)
    for what, state in vars(checkpoint.carried).items():
        kept |= _prefixed(what, state)
    for epoch, snapshot in checkpoint.snapshots.items():
        kept |= _prefixed(f"state {epoch}", snapshot.state)
        kept |= _prefixed(f"scores {epoch}", {"holdout": snapshot.holdout, "prospective": snapshot.prospective})
    return kept


def _checkpoint(about: Mapping[str, Any], arrays: Arrays) -> Checkpoint:
    groups: dict[str, Arrays] = {}
    for name, value in arrays.items():
        group, _, rest = name.partition("/")
        groups.setdefault(group, {})[rest] = value
    # What is empty leaves no array behind; whoever goes on from it asks for what it needs.
    carried = Carried(groups.pop("parameters"), *(groups.pop(name, {}) for name in ("moments", "norms", "other")))
    recorded = groups.pop("recorded")
    epochs = sorted(int(group.removeprefix("state ")) for group in groups if group.startswith("state "))
    snapshots = {epoch: Snapshot(groups.pop(f"state {epoch}"), **groups.pop(f"scores {epoch}")) for epoch in epochs}
    if groups:
        raise ValueError("arrays of nothing")
    history = tuple(_epoch(entry) for entry in about["history"])
    resumed_at = tuple(map(int, about["resumed_at"]))
    recipe = Recipe.of_json(about["recipe"])
    return Checkpoint(recipe, int(about["epoch"]), carried, snapshots, history, recorded, resumed_at)


def _epoch(entry: Mapping[str, Any]) -> Epoch:
    found = Epoch(int(entry["epoch"]), *(float(entry[n]) for n in ("training_loss", "holdout_loss", "holdout_error")))
    if vars(found) != dict(entry) or not np.isfinite(list(vars(found).values())).all():
        raise ValueError("a strange epoch")
    return found


def _prefixed(group: str, arrays: Mapping[str, NDArray[Any]]) -> Arrays:
    return {f"{group}/{name}": value for name, value in arrays.items()}
