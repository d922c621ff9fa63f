"""The rolling minimum through which the paper shows its residuals (Figure 2)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# Neighbourhood size of the paper's Figure 2.
WIDTH = 23


def rolling_minimum(values: NDArray[np.floating], width: int = WIDTH) -> NDArray[np.float64]:
    """Returns at each iterate the least number in its neighbourhood.

    The neighbourhood is centred and is cut off at both ends of the series. A NaN is an iterate that was not measured:
    it is passed over, and the result is NaN only where the whole neighbourhood is.

    Args:
        values: (iterates,), NaN where not measured.
        width: iterates in a neighbourhood, odd.
    """
    if width < 1 or width % 2 == 0:
        raise ValueError(f"A centred neighbourhood has an odd number of iterates, not {width}.")
    padded = np.pad(values.astype(np.float64), width // 2, constant_values=np.nan)
    # fmin, unlike minimum, passes over a NaN.
    least: NDArray[np.float64] = np.fmin.reduce(np.lib.stride_tricks.sliding_window_view(padded, width), axis=1)
    return least
