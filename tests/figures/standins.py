"""Small stand-ins for what builds give the figures."""

from __future__ import annotations

import numpy as np

from longcon.figures import Divergence, PrecisionRecall


def curve(k: int = 1, tau: float | None = 0.8) -> PrecisionRecall:
    """Four targets among eight cases; two of them found at tau, then other cases come in between."""
    return PrecisionRecall(
        k=k,
        epoch=10 * k,
        thresholds=np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.1]),
        precision=np.array([1, 1, 2 / 3, 3 / 4, 3 / 5, 4 / 8]),
        recall=np.array([1 / 4, 2 / 4, 2 / 4, 3 / 4, 3 / 4, 1]),
        tau=tau,
        targets=4,
    )


def pair(k: int = 1, dtype: str = "float64", *, residuals: bool = True) -> Divergence:
    """Four epochs of five updates; the sine grows tenfold with each update from 1e-15 on."""
    sines = np.array([0.0, *(10.0 ** (n - 15) for n in range(16)), 0.5, 0.5, 0.5, 0.5])
    return Divergence(
        k=k,
        dtype=dtype,
        steps=5,
        sines=sines,
        exact={0: 0.0, 1: 1.0e-11, 2: 1.1e-6, 4: 0.5},
        residuals=np.linspace(2e-3, 1e-3, 20) if residuals else np.full(20, np.nan),
        released=2,
    )
