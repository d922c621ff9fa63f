"""The order in which sums are taken: the same training, mathematically, with other round-off.

A matrix product and a layer normalisation sum over features or hidden units. Permuting both before the training,
and undoing it afterwards, leaves every exact result as it was and changes only the order of the additions - as
another device's kernels would. So one machine shows what a second one might.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from longcon.training.chain import Stage
from longcon.training.initialisation import State
from longcon.training.state import BUFFERS

_Number = TypeVar("_Number", bound=np.number[Any])


@dataclass(frozen=True)
class Ordering:
    """Permutations of the features and of each hidden layer's units.

    Attributes:
        features: permutation of the p features.
        units: one permutation for each hidden layer.
        stages: of the chain that is permuted; empty for a model that is none and keeps its natural order. Those of the
            paper's network when None.
    """

    features: NDArray[np.int64]
    units: tuple[NDArray[np.int64], ...]
    stages: tuple[Stage, ...] | None = None

    def __post_init__(self) -> None:
        if self.stages is None:
            # A Linear, a LayerNorm and a Softshrink for each hidden layer, and a Linear for the classes.
            named = [Stage(f"{3 * n}", len(units), (f"{3 * n + 1}",)) for n, units in enumerate(self.units)]
            object.__setattr__(self, "stages", (*named, Stage(f"{3 * len(self.units)}", 0)))

    @staticmethod
    def identity(features: int, widths: Sequence[int], stages: tuple[Stage, ...] | None = None) -> Ordering:
        """Returns the ordering that leaves everything in its place."""
        return Ordering(np.arange(features), tuple(np.arange(width) for width in widths), stages)

    def of_values(self, values: NDArray[np.floating]) -> NDArray[np.floating]:
        """Returns measurements, cases x features, with the features in this order."""
        return np.ascontiguousarray(values[:, self.features])

    def of_state(self, state: State) -> State:
        """Returns parameters and buffers, given in natural order, in this order."""
        return self._rearranged(state, self.features, self.units)

    def undone(self, state: State) -> State:
        """Returns parameters and buffers, given in this order, in natural order."""
        return self._rearranged(state, np.argsort(self.features), tuple(map(np.argsort, self.units)))

    def of_numbers(self, numbers: dict[str, NDArray[np.int64]]) -> dict[str, NDArray[np.int64]]:
        """Returns integers that stand in the parameters' places, given in natural order, in this order."""
        return self._rearranged(numbers, self.features, self.units)

    def _rearranged(
        self, state: dict[str, NDArray[_Number]], features: NDArray[np.int64], units: tuple[NDArray[np.int64], ...]
    ) -> dict[str, NDArray[_Number]]:
        rows, columns = self._orders(features, units)
        result = {}
        for name, value in state.items():
            module, _, leaf = name.removeprefix(BUFFERS).rpartition(".")
            # A count of batches is one number, whatever the units. What is indexed is a copy already.
            held = value[rows[module]] if module in rows and value.ndim else value.copy()
            moved = held[:, columns[module]] if module in columns and leaf == "weight" else held
            result[name] = np.ascontiguousarray(moved) if value.ndim else moved
        return result

    def _orders(
        self, features: NDArray[np.int64], units: tuple[NDArray[np.int64], ...]
    ) -> tuple[dict[str, NDArray[np.int64]], dict[str, NDArray[np.int64]]]:
        """Returns the order of the rows of each module that has one for each unit, and of each Linear's columns."""
        rows: dict[str, NDArray[np.int64]] = {}
        columns: dict[str, NDArray[np.int64]] = {}
        before = features
        # Nothing permutes the classes.
        for stage, order in zip(self.stages or (), (*units, None), strict=False):
            columns[stage.linear] = before
            if order is not None:
                rows |= dict.fromkeys((stage.linear, *stage.norms), order)
                before = order
        return rows, columns
