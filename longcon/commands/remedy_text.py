"""What the gate said of a recipe and its remedies, and what each costs: in words, as a table, as data."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from longcon.commands.terminal import table
from longcon.figures import table_of
from longcon.remedies import Word

_COLUMNS = ("remedy", "gate", "epoch", "tau", "recall", "seconds", "seconds_of_recipe", "failed", "sentence", "audit")


@dataclass(frozen=True)
class Tried:
    """A remedy, or the recipe as it is, and the gate's word on it.

    Attributes:
        title: in words.
        word: the gate's.
    """

    title: str
    word: Word


def as_text(tried: Sequence[Tried], out: Path) -> str:
    """Returns what was tried as a table, and what follows."""
    as_it_is = tried[0].word
    rows = [("", "gate", "epoch", "recall at tau", "seconds a build", "not met")]
    rows += [
        (
            one.title,
            one.word.verdict,
            _shown(one.word.epoch, "{}"),
            _recall(one.word, as_it_is),
            _shown(one.word.seconds, "{:.1f}"),
            ", ".join(one.word.failed),
        )
        for one in tried
    ]
    lines = [*table(rows, right=(2, 4)), ""]
    lines += [f"{one.title}: not tried: {one.word.sentence}" for one in tried if one.word.verdict == "NOT TRIED"]
    lines.append(_conclusion(tried))
    lines.append(f"each with its protocol, audit and what pytest printed in {out}; figures in {out / 'remedies.csv'}")
    return "\n".join(lines) + "\n"


def as_csv(tried: Sequence[Tried]) -> bytes:
    """Returns what was tried as a table that reads back number by number."""
    return table_of(_COLUMNS, [["" if value is None else value for value in _row(one, tried[0])] for one in tried])


def as_json(tried: Sequence[Tried]) -> str:
    """Returns what was tried as JSON."""
    told = [dict(zip(_COLUMNS, _row(one, tried[0]), strict=True)) for one in tried]
    return json.dumps(told, indent=1, allow_nan=False)


def _row(one: Tried, as_it_is: Tried) -> tuple[object, ...]:
    word = one.word
    return (
        one.title,
        word.verdict,
        word.epoch,
        word.tau,
        word.recall,
        word.seconds,
        as_it_is.word.seconds,
        " ".join(word.failed),
        word.sentence,
        str(word.audit),
    )


def _conclusion(tried: Sequence[Tried]) -> str:
    if tried[0].word.passes:
        return "the gate passes the recipe as it is: there is nothing to remedy"
    passed = [one.title for one in tried[1:] if one.word.passes]
    if not passed:
        return "the gate passes none of these: the recipe has no remedy among them"
    return f"the gate passes {passed[0]}, the cheapest of {len(passed)} that it passes"


def _recall(word: Word, as_it_is: Word) -> str:
    if word.recall is None:
        return "no cut-off" if word.seconds is not None else ""
    if word is as_it_is or as_it_is.recall is None:
        return f"{word.recall:.4f}"
    return f"{word.recall:.4f} ({word.recall - as_it_is.recall:+.4f})"


def _shown(value: float | None, form: str) -> str:
    return "" if value is None else form.format(value)
