"""The captions: what each figure shows, and the numbers that a reader would otherwise measure from it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from longcon.figures.divergence import Divergence
from longcon.figures.precision_recall import PrecisionRecall
from longcon.figures.rolling import WIDTH
from longcon.measures import default_sine_tolerance
from longcon.protocol import default_residual_threshold


def precision_recall_caption(curves: Sequence[PrecisionRecall], target: str, cases: int) -> str:
    """Returns the caption of Figure 1.

    Args:
        curves: as drawn.
        target: the target class.
        cases: in the hold-out.
    """
    return " ".join(
        [
            f"Precision and recall of '{target}' against the sum of all other classes on the hold-out "
            f"({cases} cases, {curves[0].targets} of them '{target}'), for minibatches of "
            f"{_series([str(curve.k) for curve in curves])} in float64, each at its released epoch, that of least "
            "hold-out error. Each panel shows its own curve in front of the others (grey): the highest precision at "
            "each recall. Dot: the clinical cut-off tau, which maximises recall subject to a precision of exactly 1.",
            *(_curve_in_words(curve) for curve in curves),
        ]
    )


def divergence_caption(pairs: Sequence[Divergence], original: str, rebuild: str) -> str:
    """Returns the caption of Figure 2.

    Args:
        pairs: as drawn.
        original: device of the original builds.
        rebuild: device that they are compared with.
    """
    sentences = [
        f"Vector sine between the parameters of builds on {original} and on {rebuild} after every update (line, from "
        "linear sketches of the parameters) and at the epochs whose states are kept (dots, from the parameters "
        "themselves); a sine of exactly 0 has no place on the logarithmic axis. Triangle: the released epoch."
    ]
    if any(pair.has_residuals for pair in pairs):
        sentences.append(
            f"Gradient annihilation residual of the build on {original}, as its least value among {WIDTH} neighbouring "
            "iterates. Dashed: the residual that the paper calls sufficient for divergence, "
            f"{default_residual_threshold('float64'):g} in 64 bits, a thousand times that in 32 bits (Section IV-G)."
        )
    else:
        sentences.append("The residual was not asked for.")
    return " ".join([*sentences, *(_pair_in_words(pair) for pair in pairs)])


def _curve_in_words(curve: PrecisionRecall) -> str:
    if curve.tau is None:
        return f"k = {curve.k}: epoch {curve.epoch}, no cut-off has precision 1."
    return (
        f"k = {curve.k}: epoch {curve.epoch}, tau {curve.tau:.4f}, recall {curve.found} of {curve.targets} "
        f"({curve.found / curve.targets:.4f})."
    )


def _pair_in_words(pair: Divergence) -> str:
    name = f"k = {pair.k}, {pair.dtype}:"
    if not pair.sines.any():
        return f"{name} sine 0 at every update."
    sines = ", ".join(f"{pair.sines[epoch * pair.steps]:.1e} at epoch {epoch}" for epoch in _epochs(pair))
    # The machine noise of a sine as the paper computes it (caption of its Figure 2).
    noise = default_sine_tolerance(pair.dtype)
    above = np.flatnonzero(pair.sines > noise)
    parted = (
        f"first above {noise:.1e} at epoch {pair.epochs[above[0]]:.2f}" if above.size else f"never above {noise:.1e}"
    )
    said = [f"sine {sines}", parted]
    if pair.has_residuals:
        measured = np.count_nonzero(np.isfinite(pair.residuals))
        said.append(
            f"least residual {np.nanmin(pair.residuals):.1e}, of {measured:,} of {len(pair.residuals):,} iterates"
        )
    ratios = [pair.sines[epoch * pair.steps] / sine for epoch, sine in pair.exact.items() if sine > 0]
    if ratios:
        said.append(f"line and dots differ by at most {max(abs(ratio - 1) for ratio in ratios):.1%}")
    return f"{name} {'; '.join(said)}."


def _epochs(pair: Divergence) -> list[int]:
    """Returns the epochs whose sine is told: the first, the released one, the last."""
    return sorted({1, pair.released, len(pair.sines) // pair.steps})


def _series(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
