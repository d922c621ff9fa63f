"""Random draws whose bits are the same on every machine.

Philox words (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3") are integers, and numpy
guarantees the stream of a bit generator; everything made from them here takes one correctly rounded
operation at a time, so no maths library, processor or device can change a draw. torch's own initialisation
draws through dispatched kernels and differs between devices before any training.
"""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

_UNIT = 2.0**-53
_SIXTEEN = 2.0**-16


class Draws:
    """A stream of draws fixed by a seed and a purpose.

    Streams of different purposes are independent, so that adding a draw to one moves no other.

    Args:
        seed: any non-negative integer.
        purpose: the name of what is drawn, e.g. ``"initial values"``.
    """

    def __init__(self, seed: int, purpose: str) -> None:
        key = hashlib.sha256(f"{seed}/{purpose}".encode()).digest()
        self._words = np.random.Philox(key=int.from_bytes(key[:16], "little"))

    def words(self, count: int) -> NDArray[np.uint64]:
        """Returns ``count`` uniform 64-bit words."""
        return np.asarray(self._words.random_raw(count), dtype=np.uint64)

    def uniform(self, *shape: int) -> NDArray[np.float64]:
        """Returns uniform draws in [0, 1), multiples of 2^-53."""
        words = self.words(int(np.prod(shape, dtype=np.int64))) >> np.uint64(11)
        return (words.astype(np.float64) * _UNIT).reshape(shape)

    def normal(self, *shape: int) -> NDArray[np.float64]:
        """Returns near-normal draws of mean 0 and variance 1.

        Each is a sum of twelve uniform 16-bit draws (Irwin-Hall), exact up to one last addition; the tails end at six
        standard deviations. Excess kurtosis -0.1.
        """
        count = int(np.prod(shape, dtype=np.int64))
        total = np.zeros(count, dtype=np.uint32)
        for _ in range(3):
            quarters = self.words(count)
            for shift in (0, 16, 32, 48):
                total += ((quarters >> np.uint64(shift)) & np.uint64(0xFFFF)).astype(np.uint32)
        # Twelve draws on {0..65535} / 65536 have mean 6 - 12 / 131072.
        centred = total.astype(np.float64) * _SIXTEEN - (6.0 - 6.0 * _SIXTEEN)
        return centred.reshape(shape)

    def permutation(self, count: int) -> NDArray[np.int64]:
        """Returns a uniform permutation of range(count), by sorting random words."""
        return np.argsort(self.words(count), kind="stable").astype(np.int64)
