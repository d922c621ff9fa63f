"""The figure of the cut-off: what is found at which precision on the hold-out."""

from __future__ import annotations

from longcon.commands.figure_series import precision_recall_of
from longcon.errors import LongconError
from longcon.figures import draw_cutoff
from reports.figures.drawing import Drawing, drawing
from reports.record import Run


def cutoff(run: Run, k: int) -> Drawing:
    """Returns precision against recall of the original build at the released epoch.

    Raises:
        LongconError: the original build is not there.
    """
    original, epoch = run.original(k), run.released_epoch(k)
    if original is None or epoch is None:
        raise LongconError("The original build was not compared in this run.")
    curve = precision_recall_of(original, run.data, epoch)
    found = (
        f"Dot: the cut-off tau {curve.tau:.4f}, the lowest score at which no other class is called so; it finds "
        f"{curve.found} of {curve.targets} cases."
        if curve.tau is not None
        else "No cut-off has a precision of exactly 1."
    )
    caption = (
        f"Precision and recall of '{run.data.target}' against all other classes on the {len(run.data.holdout)} "
        f"hold-out cases, in the original build at the released epoch {epoch}. {found}"
    )
    rows = [
        (threshold, precision, recall, int(threshold == curve.tau))
        for threshold, precision, recall in zip(
            curve.thresholds.tolist(), curve.precision.tolist(), curve.recall.tolist(), strict=True
        )
    ]
    return drawing(
        f"precision-recall-k{k}",
        k,
        "Precision and recall on the hold-out",
        caption,
        draw_cutoff(curve),
        ("threshold", "precision", "recall", "is tau"),
        rows,
        few=False,
    )
