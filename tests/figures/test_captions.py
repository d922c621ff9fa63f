"""The captions: what is shown, and the numbers of the run."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from longcon.figures import divergence_caption, precision_recall_caption
from tests.figures.standins import curve, pair


def test_figure_1() -> None:
    assert precision_recall_caption([curve(1), curve(2, tau=None)], "c", 8) == (
        "Precision and recall of 'c' against the sum of all other classes on the hold-out (8 cases, 4 of them 'c'), "
        "for minibatches of 1 and 2 in float64, each at its released epoch, that of least hold-out error. "
        "Each panel shows its own curve in front of the others (grey): the highest precision at each recall. "
        "Dot: the clinical cut-off tau, which maximises recall subject to a precision of exactly 1. "
        "k = 1: epoch 10, tau 0.8000, recall 2 of 4 (0.5000). k = 2: epoch 20, no cut-off has precision 1."
    )


SHOWN = (
    "Vector sine between the parameters of builds on cpu and on cpu+order:1 after every update (line, from linear "
    "sketches of the parameters) and at the epochs whose states are kept (dots, from the parameters themselves); a "
    "sine of exactly 0 has no place on the logarithmic axis. Triangle: the released epoch. "
)


def test_figure_2() -> None:
    assert divergence_caption([pair()], "cpu", "cpu+order:1") == SHOWN + (
        "Gradient annihilation residual of the build on cpu, as its least value among 23 neighbouring iterates. "
        "Dashed: the residual that the paper calls sufficient for divergence, 0.0001 in 64 bits, a thousand times "
        "that in 32 bits (Section IV-G). "
        "k = 1, float64: sine 1.0e-11 at epoch 1, 1.0e-06 at epoch 2, 5.0e-01 at epoch 4; first above "
        "1.5e-08 at epoch 1.80; least residual 1.0e-03, of 20 of 20 iterates; line and dots differ by at most 9.1%."
    )


def test_figure_2_without_residuals_and_without_difference() -> None:
    same = replace(pair(residuals=False), sines=np.zeros(21), exact={0: 0.0, 4: 0.0})
    assert divergence_caption([same], "cpu", "cpu+order:1") == SHOWN + (
        "The residual was not asked for. k = 1, float64: sine 0 at every update."
    )
