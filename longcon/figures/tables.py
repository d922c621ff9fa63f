"""The numbers behind the figures, as CSV; a number reads back as the very same."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Sequence

from longcon.figures.divergence import Divergence
from longcon.figures.precision_recall import PrecisionRecall


def precision_recall_table(curves: Sequence[PrecisionRecall]) -> bytes:
    """Returns every operating point of Figure 1, highest threshold first, tau marked."""
    rows = (
        (curve.k, curve.epoch, float(threshold), float(precision), float(recall), int(threshold == curve.tau))
        for curve in curves
        for threshold, precision, recall in zip(curve.thresholds, curve.precision, curve.recall, strict=True)
    )
    return table_of(("k", "epoch", "threshold", "precision", "recall", "is_tau"), rows)


def divergence_table(pairs: Sequence[Divergence]) -> bytes:
    """Returns Figure 2 update by update; what was not measured is left empty."""
    header = ("k", "dtype", "updates", "epoch", "sine", "exact_sine", "residual", "least_residual")
    return table_of(header, (row for pair in pairs for row in _rows(pair)))


def _rows(pair: Divergence) -> Iterable[tuple[object, ...]]:
    exact = {epoch * pair.steps: sine for epoch, sine in pair.exact.items()}
    residuals, least = [*pair.residuals.tolist(), math.nan], [*pair.least_residuals().tolist(), math.nan]
    for update, (epoch, sine) in enumerate(zip(pair.epochs.tolist(), pair.sines.tolist(), strict=True)):
        yield pair.k, pair.dtype, update, epoch, sine, exact.get(update, math.nan), residuals[update], least[update]


def table_of(header: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """Returns a table as CSV; what is no number is left empty."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    for row in rows:
        writer.writerow(["" if value != value else value for value in row])  # noqa: PLR0124 - NaN alone is not itself
    return text.getvalue().encode()
