"""What a manifest may be: whoever can write one can seal it too, so its fields are looked at before they are used."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from itertools import pairwise
from typing import Any

from longcon.errors import RecipeError
from longcon.training import Recipe

FIELDS = frozenset(
    {
        "format",
        "request",
        "fingerprint",
        "settings",
        "run",
        "started",
        "seconds",
        "resumed_at",
        "best_epoch",
        "history",
        "files",
    }
)
FORMAT = 2
MANIFEST = "manifest.json"
# One of the builds that were measured has five; a parser counts them on the stack.
_DEEPEST = 32
_LONGEST = 200
# Nobody trains for so many; readers make lists of them.
_MOST_EPOCHS = 10_000_000
_FILE = re.compile(r"[a-z0-9-]{1,48}\.(?:json|safetensors|txt)")
_STATE = re.compile(r"state-[0-9]{4,9}\.safetensors")
# In a build's folder or in an archive with it, and none of the files that it names.
_BESIDE = (MANIFEST, "signature.json")
_DIGEST = re.compile(r"[0-9a-f]{64}")

_Is = Callable[[Any], bool]


def parsed(content: bytes) -> Any:
    """Returns the value that a text of JSON says.

    Raises:
        ValueError: it says none, a name twice, a number or a character that is none, or is nested too deep.
    """
    try:
        text = content.decode("utf-8")
        value = json.loads(text, object_pairs_hook=_once, parse_constant=_no_number, parse_float=_finite)
    except RecursionError as error:
        raise ValueError("it is nested too deep") from error
    _require_shallow(value)
    # Half a character, which JSON can escape, could be written nowhere.
    json.dumps(value, ensure_ascii=False).encode("utf-8")
    return value


def validated(manifest: object) -> dict[str, Any]:
    """Returns a manifest, without the digest that seals it, after a look at every field's type and form.

    Whether what it says is true is not known by that.

    Raises:
        ValueError: longcon writes no such one; the text says why, to be read after "manifest.json".
    """
    if not isinstance(manifest, dict) or set(manifest) != FIELDS:
        raise ValueError("lacks fields or has strange ones")
    if manifest["format"] != FORMAT or type(manifest["format"]) is not int:
        raise ValueError("is of a format that this longcon does not know")
    _require("", manifest, _MANIFEST)
    _require("request.", manifest["request"], _REQUEST, _MAY_LACK)
    _require("fingerprint.", manifest["fingerprint"], _FINGERPRINT, frozenset(_FINGERPRINT))
    _require_recipe(manifest["request"]["recipe"])
    for epoch in manifest["history"]:
        _require("history.", epoch, _HISTORY, frozenset(_HISTORY) - {"epoch", "holdout_error"})
    for name, digest in manifest["files"].items():
        if name in _BESIDE or not (_STATE if name.startswith("state-") else _FILE).fullmatch(name):
            raise ValueError(f"names the file {name[:_LONGEST]!a}, which no build keeps")
        if not _DIGEST.fullmatch(digest):
            raise ValueError(f"has no digest of {name}")
    return manifest


def _require(where: str, fields: Any, kinds: Mapping[str, _Is], may_lack: frozenset[str] = frozenset()) -> None:
    if not isinstance(fields, dict):
        raise ValueError(f"has a '{where.removesuffix('.')}' of the wrong kind")
    for name, is_kind in kinds.items():
        if name not in fields:
            if name not in may_lack:
                raise ValueError(f"lacks '{where}{name}'")
        elif not is_kind(fields[name]):
            raise ValueError(f"has a '{where}{name}' of the wrong kind")


def _require_recipe(fields: Mapping[str, Any]) -> None:
    _require("request.recipe.", fields, _RECIPE, _RECIPE_MAY_LACK)
    try:
        Recipe.of_json(fields)
    except (RecipeError, TypeError) as error:
        raise ValueError("has a 'request.recipe' that no training can have") from error


def _is_line(value: Any) -> bool:
    """Whether it is a text that a terminal and a page can show."""
    return isinstance(value, str) and len(value) <= _LONGEST and (not value or value.isprintable())


def _is_whole(value: Any) -> bool:
    # A truth value counts as a number in Python; one of thousands of digits can be neither shown nor kept elsewhere.
    return type(value) is int and 0 <= value < 1 << 53


def _is_number(value: Any) -> bool:
    return _is_whole(value) or (type(value) is float and math.isfinite(value))


def _is_moment(value: Any) -> bool:
    try:
        return _is_line(value) and datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


def _is_switch(value: Any) -> bool:
    return isinstance(value, bool)


def _is_mapping(value: Any) -> bool:
    return isinstance(value, dict)


def _texts(value: Any) -> bool:
    return isinstance(value, dict) and all(map(_is_line, value)) and all(map(_is_line, value.values()))


def _list_of(is_kind: _Is) -> _Is:
    return lambda value: isinstance(value, list) and all(map(is_kind, value))


def _epochs(value: Any) -> bool:
    """Whether they are epochs, each after the one before."""
    return _list_of(_is_whole)(value) and all(one < next_ for one, next_ in pairwise(value))


def _is_problem(value: Any) -> bool:
    return isinstance(value, dict) and ("command" not in value or isinstance(value["command"], str))


_MANIFEST: dict[str, _Is] = {
    "request": _is_mapping,
    "fingerprint": _is_mapping,
    "settings": _is_mapping,
    "run": _is_line,
    "started": _is_moment,
    "seconds": lambda value: _is_number(value) and value >= 0,
    "resumed_at": _epochs,
    "best_epoch": _is_whole,
    "history": _list_of(_is_mapping),
    "files": _texts,
}
_REQUEST: dict[str, _Is] = {
    "data": _is_line,
    "recipe": _is_mapping,
    "device": lambda value: _is_line(value) and bool(value),
    "numeric_class": _is_line,
    "software": _texts,
    "code": _is_line,
    "replicate": _is_whole,
    "record": _epochs,
    "keep_best": _is_switch,
    "detail": _is_switch,
    "curvature_every": _is_whole,
    "killed_after": _is_whole,
    "problem": _is_problem,
    "rebuild_of": _is_line,
}
# Builds of a longcon that did not ask for these yet.
_MAY_LACK = frozenset({"detail", "curvature_every", "killed_after", "rebuild_of"})
_RECIPE: dict[str, _Is] = {
    "k": _is_whole,
    "dtype": _is_line,
    "learning_rate": _is_number,
    "weight_decay": _is_number,
    "epochs": lambda value: _is_whole(value) and value <= _MOST_EPOCHS,
    # Any that a user gives.
    "seed": lambda value: type(value) is int and value >= 0,
    "widths": _list_of(lambda value: _is_whole(value) and value > 0),
    "betas": lambda value: _list_of(_is_number)(value) and len(value) == 2,
    "epsilon": _is_number,
    "arithmetic": _is_line,
    "layer_norm_epsilon": _is_number,
}
# Recipes of a longcon that knew PyTorch's own alone.
_RECIPE_MAY_LACK = frozenset({"layer_norm_epsilon"})
_FINGERPRINT: dict[str, _Is] = {
    "device": _is_line,
    "probes": _texts,
    "software": _texts,
    "hardware": _texts,
    "environment": _texts,
    "effects": _is_mapping,
    "numeric_class": _is_line,
}
_HISTORY: dict[str, _Is] = {
    "epoch": _is_whole,
    "holdout_error": _is_number,
    "training_loss": _is_number,
    "holdout_loss": _is_number,
}


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    named = dict(pairs)
    if len(named) != len(pairs):
        raise ValueError("a name stands twice in it")
    return named


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no number")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text[:_LONGEST]} is too large a number")
    return value


def _require_shallow(value: Any) -> None:
    layer, depth = [value], 0
    while layer:
        if depth > _DEEPEST:
            raise ValueError("it is nested too deep")
        inner = [each.values() if isinstance(each, dict) else each for each in layer if isinstance(each, dict | list)]
        layer, depth = [each for values in inner for each in values], depth + 1
