"""What a step keeps of the first weight: the hash of every row, and the sum of every column with the entries' signs.

Nearly all parameters stand there, so how it is read decides what recording costs. A large weight on a CPU is read by a
compiled kernel, a few rows at a time right after their update; other weights by torch operations. The hashes are the
same, the sums to round-off.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from longcon.training.digest import Digest
from longcon.training.sketch import SIZE, Sketch, dealt

# A compiler takes a second to load and compile, which smaller weights do not save in a training.
COMPILED_FROM = 200_000
Array = NDArray[Any]


class Reading:
    """The first weight as it was read last.

    Attributes:
        hashes: int64, the bits of uint64, one for each held row.

    Args:
        sketch: the signs.
        digest: the keys.
        weight: the first weight; its shape and its device count.
    """

    def __init__(self, sketch: Sketch, digest: Digest, weight: Tensor) -> None:
        self._sketch, self._digest = sketch, digest
        self.hashes = torch.zeros(len(weight), dtype=torch.int64, device=weight.device)
        self._column_sums = torch.zeros(weight.shape[1], dtype=torch.float64, device=weight.device)
        self._compiled = weight.device.type == "cpu" and weight.numel() >= COMPILED_FROM
        if self._compiled:
            # Imported where it is used: small trainings do not wait for a compiler to load.
            from longcon.training.portable import reading_kernels  # noqa: PLC0415

            self._kernels = reading_kernels
            self._sums_to, self._hashes_to = self._column_sums.numpy(), self.hashes.numpy().view(np.uint64)
            self._codes = _codes(sketch.signs)
            self._bucket_of, self._other_buckets = _dealt_to(sketch.columns), _dealt_to(sketch.others)
            self._other_factors = np.empty_like(sketch.other_factors)
            self._other_factors[sketch.others] = sketch.other_factors
        else:
            self._factors = torch.from_numpy(1.0 - 2.0 * sketch.signs).to(weight.device)
        self._columns = torch.from_numpy(sketch.columns).to(weight.device)

    def reader(self, rows: slice, weight: Tensor) -> Callable[[], None]:
        """Returns what reads a block of rows, as they are when it is called; to be called for the first rows first.

        Args:
            rows: which rows; a multiple of four begins them. A weight below 200,000 entries, or on a GPU, is one block.
            weight: those rows.
        """
        if not self._compiled:
            return partial(self._read, weight)
        # Bound once: a step that has driven everything from the cache pays for each look-up.
        out = self._digest.column_keys, self._codes, self._sums_to, self._hashes_to
        return partial(self._kernels.read_rows, weight.numpy(), rows.start, 0, *out)

    def read(self, weight: Tensor) -> None:
        """Reads the whole weight."""
        self.reader(slice(0, len(weight)), weight)()

    def _read(self, weight: Tensor) -> None:
        self.hashes = self._digest.rows_of(weight)
        self._column_sums = (weight.double() * self._factors).sum(0)

    def sketch(self, others: Tensor) -> Tensor:
        """Returns the sketch of the parameters, 256 float64 numbers.

        Args:
            others: the other parameters, end to end as they are held.
        """
        if not self._compiled:
            return self._sketch(dealt(self._column_sums.index_select(0, self._columns)), others)
        sums = self._kernels.bucket_sums(self._sums_to, self._bucket_of, SIZE)
        self._kernels.add_signed(others.numpy(), self._other_factors, self._other_buckets, sums)
        return torch.from_numpy(sums)

    def digest(self, others: Tensor) -> Tensor | int:
        """Returns the digest of the parameters, the bits of a uint64 as an int64.

        Args:
            others: the other parameters, end to end as they are held.
        """
        if not self._compiled:
            return self._digest.of(self.hashes, others)
        keys, row_keys = self._digest.other_keys, self._digest.row_keys
        return int(self._kernels.digest_of(self._hashes_to, others.numpy(), keys, row_keys))

    def of_tiles(self) -> tuple[Array, Array, Array, Array]:
        """Returns what `linear_kernels.pass_over_weights` needs: keys, codes, and where sums and hashes go."""
        keys, hashes = self._digest.column_keys, self.hashes.numpy().view(np.uint64)
        return keys, _codes(self._sketch.signs), self._column_sums.numpy(), hashes


def _dealt_to(places: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Returns the sum to which each place is dealt, from the places in the order in which they are."""
    # A byte holds the number of a sum: what is read again at every step should be small.
    sums = np.empty(len(places), dtype=np.uint8)
    sums[places] = np.arange(len(places)) % SIZE
    return sums


def _codes(signs: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Returns one row of codes for four rows of signs: row i is bit i."""
    fours = np.zeros((-(-len(signs) // 4), 4, signs.shape[1]), dtype=np.uint8)
    fours.reshape(-1, signs.shape[1])[: len(signs)] = signs
    return np.packbits(fours, axis=1, bitorder="little")[:, 0]
