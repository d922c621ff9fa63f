"""The keys of every section and the kind of value that each one takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from unicodedata import category

from longcon.protocol.toml import WORDS


class Unfit(Exception):  # noqa: N818 - no error of the user's yet: the reader tells it with its place
    """A value is not of the kind that its key takes."""


@dataclass(frozen=True)
class Kind:
    """A kind of value.

    Attributes:
        what: what it is, after "this is not".
        read: returns a value of TOML in the type that `Protocol` has; raises `Unfit`.
        needed: whether the key must be there.
    """

    what: str
    read: Callable[[object], Any]
    needed: bool = False


def _verbatim(value: object) -> str:
    if not isinstance(value, str) or not value.strip() or "\0" in value:
        raise Unfit
    return value


def _text(value: object) -> str:
    # One line of the terminal, without anything that steers it.
    text = " ".join(_verbatim(value).split())
    if any(category(character) == "Cc" for character in text):
        raise Unfit
    return text


def _whole(value: object) -> int:
    # TOML promises 64 bits, and nothing here is counted beyond.
    if not isinstance(value, int) or isinstance(value, bool) or value.bit_length() > 63:
        raise Unfit
    return value


def _number(value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise Unfit
    try:
        return float(value)
    except OverflowError:
        raise Unfit from None


def _truth(value: object) -> bool:
    if not isinstance(value, bool):
        raise Unfit
    return value


def _epoch(value: object) -> str | int:
    return _text(value) if isinstance(value, str) else _whole(value)


def _list(read: Callable[[object], Any], least: int) -> Callable[[object], tuple[Any, ...]]:
    def read_list(value: object) -> tuple[Any, ...]:
        if not isinstance(value, list) or len(value) < least:
            raise Unfit
        return tuple(read(item) for item in value)

    return read_list


def _or_word(key: str, read: Callable[[object], Any]) -> Callable[[object], Any]:
    word, meaning = WORDS[key]
    return lambda value: meaning if value == word else read(value)


_TEXT = Kind("a text", _text)
_NEEDED = Kind("a text", _text, needed=True)
_WHOLE = Kind("a whole number", _whole)
_NUMBER = Kind("a number", _number)

KINDS: dict[str, dict[str, Kind]] = {
    "protocol": {"title": _NEEDED, "version": _NEEDED, "intended_use": _NEEDED},
    "problem": {
        "name": _TEXT,
        "data": Kind('a folder or "simulated"', _or_word("data", _verbatim)),
        "cohort_seed": _WHOLE,
        "features": _WHOLE,
        "digest": Kind('a text or "none"', _or_word("digest", _text)),
        "source": Kind('a text or "none"', _or_word("source", _text)),
        "train": Kind('a command or "none"', _or_word("train", _text)),
        "cases": Kind('a file or "none"', _or_word("cases", _verbatim)),
        "target": Kind('a text or "none"', _or_word("target", _text)),
        "reads": Kind("a list of files and folders", _list(_verbatim, 0)),
        "timeout": _NUMBER,
        "parameters": Kind("true or false", _truth),
    },
    "recipe": {
        "k": Kind("a list of one or more whole numbers", _list(_whole, 1)),
        "dtype": _TEXT,
        "arithmetic": _TEXT,
        "epochs": _WHOLE,
        "seed": _WHOLE,
        "learning_rate": _NUMBER,
        "weight_decay": _NUMBER,
        "layer_norm_epsilon": _NUMBER,
        "release_epoch": Kind('"best", "last" or a whole number', _epoch),
    },
    "devices": {
        "required": Kind("a list of one or more texts", _list(_text, 1)),
        "surrogates": Kind('a list of one or more texts or "by device"', _or_word("surrogates", _list(_text, 1))),
    },
    "limits": {
        "p": _NUMBER,
        "confidence": Kind('a number or "none"', _or_word("confidence", _number)),
        "sine_tolerance": _NUMBER,
        "residual_threshold": _NUMBER,
        "holdout_precision": _NUMBER,
    },
    "advisory": {"curvature_every": _WHOLE, "gating": Kind("a list of texts", _list(_text, 0))},
    "signatories": {"role": _NEEDED, "meaning": _NEEDED},
}
