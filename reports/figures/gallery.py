"""The gallery: every figure for every k, or why it is not there."""

from __future__ import annotations

from collections.abc import Callable

from longcon.errors import LongconError
from reports.figures.calls import class_agreement, score_pairs
from reports.figures.cutoff import cutoff
from reports.figures.drawing import Drawing, Undrawn
from reports.figures.sines import course, sine_table
from reports.record import Run

_Draw = Callable[[Run, int], Drawing]
_ALL: tuple[tuple[str, _Draw], ...] = (
    ("Vector sine by pair of devices", sine_table),
    ("How far the rebuilds are from the original in training", course),
    ("Precision and recall on the hold-out", cutoff),
    ("Scores of each rebuild against the original's", score_pairs),
    ("Agreement by class", class_agreement),
)


def draw(run: Run) -> tuple[list[Drawing], list[Undrawn]]:
    """Returns the figures of a run, and those that the evidence does not suffice for."""
    drawn: list[Drawing] = []
    undrawn: list[Undrawn] = []
    for k in run.settings.ks:
        for title, make in _ALL:
            try:
                _require_builds(run, k)
                drawn.append(make(run, k))
            except LongconError as error:
                undrawn.append(Undrawn(k, title, str(error)))
    return drawn, undrawn


def _require_builds(run: Run, k: int) -> None:
    if not run.compared(k):
        raise LongconError("The original build was not compared in this run, or can no longer be read.")
