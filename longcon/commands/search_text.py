"""A finished search in words, and as data."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from longcon.commands.search_files import Chosen, stopped_in_words
from longcon.commands.terminal import table
from longcon.devices import Device
from longcon.search import Point, Rebuilt

_SHOWN = 8


def as_text(chosen: Chosen, devices: Sequence[Device], out: Path) -> str:
    """Returns what a search found, the best points as a table."""
    found, point = chosen.found, chosen.point
    lines = [
        f"{len(found.points)} points, k = {point.recipe.k}, {point.recipe.dtype}, {point.recipe.epochs} epochs, on "
        f"{devices[0].name}"
    ]
    if found.stopped:
        lines.append(stopped_in_words(found))
    failed = [one for one in found.points if one.failure]
    if failed:
        lines.append(f"{len(failed)} could not be trained; {failed[0].title}: {failed[0].failure}")
    lines += ["", *(_rivals(chosen) if chosen.rivals else _best(chosen)), ""]
    lines.append(f"chosen: {point.title}, released at epoch {point.epoch}; {chosen.why}")
    if chosen.rivals and not next(one for one in chosen.rivals if one.point is point).repeatable:
        lines.append("its rebuilds part before that epoch: the gate will not pass it as it is; see longcon remedy")
    lines += [f"{out / name}" for name in ("protocol.toml", "heat-map.svg", "heat-map.pdf", "points.csv")]
    lines.append(f"next: pytest validation --protocol={out / 'protocol.toml'}")
    return "\n".join(lines) + "\n"


def as_json(chosen: Chosen) -> str:
    """Returns what a search found as JSON."""
    rebuilds = {id(one.point): one for one in chosen.rivals}

    def told(point: Point) -> dict[str, Any]:
        one = rebuilds.get(id(point))
        return {
            "learning_rate": point.recipe.learning_rate,
            "weight_decay": point.recipe.weight_decay,
            "errors": list(point.errors),
            "holdout": point.holdout,
            "epoch": point.epoch,
            "build": point.build,
            "stopped": point.stopped,
            "failure": point.failure,
            "epochs_together": None if one is None else dict(one.together),
            "sines": None if one is None else dict(one.sines),
        }

    found = chosen.found
    return json.dumps(
        {
            "points": [told(point) for point in found.points],
            "looked_at": found.looked_at,
            "may_differ": found.may_differ,
            "winner": told(found.winner),
            "chosen": told(chosen.point),
            "why": chosen.why,
        },
        indent=1,
        allow_nan=False,
    )


def _best(chosen: Chosen) -> list[str]:
    """Returns the points of least error, the winner first."""
    trained = sorted((one for one in chosen.found.points if one.errors), key=lambda one: (one.error, one.epoch))
    rows = [("learning rate", "weight decay", "wrong", "at epoch")]
    rows += [_row(point) for point in trained[:_SHOWN]]
    more = len(trained) - _SHOWN
    return [*table(rows, right=(0, 1, 2, 3)), *([f"and {more} more in points.csv"] if more > 0 else [])]


def _rivals(chosen: Chosen) -> list[str]:
    """Returns the points that were rebuilt, those that stay together longest first."""
    rivals = sorted(chosen.rivals, key=lambda one: (not one.repeatable, -one.epochs_together, one.sine))
    rows = [("learning rate", "weight decay", "wrong", "at epoch", "epochs together", "sine at epoch")]
    rows += [(*_row(one.point), *_together(one)) for one in rivals]
    return table(rows, right=(0, 1, 2, 3, 4, 5))


def _row(point: Point) -> tuple[str, str, str, str]:
    recipe = point.recipe
    return (
        f"{recipe.learning_rate:.4g}",
        f"{recipe.weight_decay:.4g}",
        f"{point.wrong} of {point.holdout}",
        f"{point.epoch}",
    )


def _together(one: Rebuilt) -> tuple[str, str]:
    return (one.failure, "") if one.failure else (f"{one.epochs_together:.1f}", f"{one.sine:.1e}")
