"""What a step keeps of the first weight: the hash of every row and the sampled entries.

Nearly all parameters stand there, so how it is read decides what recording costs. A large weight on a CPU is read by a
compiled kernel, a block of rows right after its update or a tile inside the pass that updates it; other weights by
torch operations. The results are the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from longcon.training.digest import Digest
from longcon.training.layout import Layout
from longcon.training.sketch import Sketch

# A compiler takes a second to load and compile, which smaller weights do not save in a training.
COMPILED_FROM = 200_000

Array = NDArray[Any]
TileArrays = tuple[Array, Array, Array, Array, Array, Array]


@dataclass(frozen=True)
class Samples:
    """Where to take samples, by group of entries that are read together.

    Attributes:
        starts: for each group, and the end, where its part of the others begins.
        columns: place of a sample within its group.
        places: its place among the samples.
    """

    starts: NDArray[np.int64]
    columns: NDArray[np.int64]
    places: NDArray[np.int64]

    @staticmethod
    def grouped(groups: NDArray[np.int64], count: int, columns: NDArray[np.int64]) -> Samples:
        """Returns the samples in the order of their groups, of which there are ``count``."""
        places = np.argsort(groups, kind="stable")
        starts = np.searchsorted(groups[places], np.arange(count + 1))
        return Samples(starts, columns[places], places)


class Reading:
    """The hashes and samples of the first weight as it was read last.

    Attributes:
        hashes: int64, the bits of uint64, one for each held row.
        sampled: in the weight's precision.

    Args:
        layout: where parameters are held.
        sketch: which entries it samples.
        digest: the keys.
        weight: the first weight; its shape, precision and device count.
    """

    def __init__(self, layout: Layout, sketch: Sketch, digest: Digest, weight: Tensor) -> None:
        self._rows, self._columns, self._digest = sketch.rows, sketch.columns, digest
        self.hashes = torch.zeros(len(layout.rows), dtype=torch.int64, device=weight.device)
        self.sampled = torch.zeros(len(sketch.rows), dtype=weight.dtype, device=weight.device)
        self._positions = torch.from_numpy(sketch.rows * len(layout.columns) + sketch.columns).to(weight.device)
        self._compiled = weight.device.type == "cpu" and weight.numel() >= COMPILED_FROM
        self._by_row = Samples.grouped(sketch.rows, len(layout.rows), sketch.columns)

    def read(self, rows: slice, weight: Tensor) -> None:
        """Reads a block of rows; of a weight below 200,000 entries, or on a GPU, the block is the whole weight.

        Args:
            rows: which rows.
            weight: those rows.
        """
        if self._compiled:
            # Imported where it is used: small trainings do not wait for a compiler to load.
            from longcon.training.portable.digest_kernels import read_rows  # noqa: PLC0415

            by_row, keys = self._by_row, self._digest.column_keys
            read_rows(weight.numpy(), rows.start, keys, by_row.starts, by_row.columns, by_row.places, *self._buffers())
        else:
            self.hashes = self._digest.rows_of(weight)
            torch.index_select(weight.reshape(-1), 0, self._positions, out=self.sampled)

    def of_tiles(self, length: int) -> TileArrays:
        """Returns what `linear_kernels.pass_over_weights` needs to read tiles: keys, samples and where to write.

        Args:
            length: of a chunk.
        """
        chunks = -(-self._digest.column_keys.shape[1] // length)
        groups = self._columns // length * len(self.hashes) + self._rows
        by_tile = Samples.grouped(groups, chunks * len(self.hashes), self._columns % length)
        return (self._digest.column_keys, by_tile.starts, by_tile.columns, by_tile.places, *self._buffers())

    def _buffers(self) -> tuple[NDArray[np.uint64], NDArray[np.floating]]:
        return self.hashes.numpy().view(np.uint64), self.sampled.numpy()
