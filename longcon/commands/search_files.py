"""What a search leaves: the protocol of the chosen recipe, the grid as a picture, and its points as a table."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from longcon import figures
from longcon.protocol import Protocol, template
from longcon.protocol.template import EXAMPLE
from longcon.search import Found, Grid, Point, Rebuilt

_COLUMNS = (
    "learning_rate",
    "weight_decay",
    "error",
    "wrong",
    "holdout",
    "epoch",
    "epochs_trained",
    "build",
    "stopped",
    "failure",
    "epochs_together",
    "sine",
    "chosen",
)


@dataclass(frozen=True)
class Chosen:
    """A finished search.

    Attributes:
        grid: that was searched.
        found: its points.
        rivals: those that were rebuilt on other devices; empty where repeatability was not asked for.
        point: the chosen one.
        tolerance: the largest sine that is round-off.
    """

    grid: Grid
    found: Found
    rivals: tuple[Rebuilt, ...]
    point: Point
    tolerance: float

    @property
    def why(self) -> str:
        """How the point was chosen, in one sentence."""
        point, found = self.point, self.found
        at = f"{point.wrong} of {point.holdout} hold-out cases wrong at epoch {point.epoch}"
        if not self.rivals:
            return f"the least of {len(found.points)} points' errors at full recall: {at}"
        return (
            f"of {len(self.rivals)} points within one standard error of the least error, the one whose rebuilds stay "
            f"together longest: {at}"
        )


def files_of(chosen: Chosen, protocol: Protocol) -> dict[str, bytes]:
    """Returns every file by its name; the protocol last, since it says that the search is done.

    Args:
        chosen: the search.
        protocol: that the chosen recipe is set into.
    """
    heat_map = heat_map_of(chosen)
    caption = figures.heat_map_caption(heat_map, chosen.point.holdout, chosen.point.recipe.k)
    drawn = figures.vector_files(figures.draw_heat_map(heat_map), "Hyperparameter search", caption)
    files = {f"heat-map{suffix}": content for suffix, content in drawn.items()}
    files["points.csv"] = _table(chosen)
    files["protocol.toml"] = _protocol(chosen, protocol).encode()
    return files


def heat_map_of(chosen: Chosen) -> figures.HeatMap:
    """Returns the grid of a search as a picture needs it."""
    size, points = chosen.grid.size, chosen.found.points
    place = {id(point): divmod(index, size) for index, point in enumerate(points)}
    errors = [point.error if point.errors else np.nan for point in points]
    return figures.HeatMap(
        chosen.grid.values,
        chosen.grid.values,
        np.array(errors, dtype=np.float64).reshape(size, size),
        np.array([point.epoch for point in points], dtype=np.int64).reshape(size, size),
        np.array([bool(point.stopped) for point in points]).reshape(size, size),
        place[id(chosen.point)],
        [place[id(one.point)] for one in chosen.rivals],
    )


def _protocol(chosen: Chosen, protocol: Protocol) -> str:
    recipe = chosen.point.recipe
    choice = replace(
        protocol.recipe,
        learning_rate=recipe.learning_rate,
        weight_decay=recipe.weight_decay,
        release_epoch=chosen.point.epoch,
    )
    note = f"The recipe was chosen by python -m longcon search: {chosen.why}."
    if chosen.found.stopped:
        note += f"\n{stopped_in_words(chosen.found)}"
    named = protocol if protocol.file is not None else _named(protocol)
    return template(replace(named, recipe=choice), note)


def _named(protocol: Protocol) -> Protocol:
    """Returns the protocol with what every file needs and no flag says."""
    return replace(protocol, identity=EXAMPLE.identity, signatories=EXAMPLE.signatories)


def stopped_in_words(found: Found) -> str:
    """Returns what was stopped early, and whether that could change the winner."""
    count = f"{len(found.stopped)} of {len(found.points)} points were trained for {found.looked_at} epochs only"
    if found.may_differ:
        return f"{count}, as hopeless after these: one of them might have won in the end."
    return f"{count}: {found.stopped[0].stopped}, and nothing that follows can win against it."


def _table(chosen: Chosen) -> bytes:
    rebuilds = {id(one.point): one for one in chosen.rivals}
    rows = []
    for point in chosen.found.points:
        one = rebuilds.get(id(point))
        together = (one.epochs_together, one.sine) if one is not None else (np.nan, np.nan)
        rows.append(
            (
                point.recipe.learning_rate,
                point.recipe.weight_decay,
                point.error if point.errors else np.nan,
                point.wrong if point.errors else "",
                point.holdout,
                point.epoch or "",
                len(point.errors),
                point.build,
                point.stopped,
                point.failure or (one.failure if one is not None else ""),
                *together,
                int(point is chosen.point),
            )
        )
    return figures.table_of(_COLUMNS, rows)
