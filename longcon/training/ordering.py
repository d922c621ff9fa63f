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

from longcon.training.initialisation import State

_Number = TypeVar("_Number", bound=np.number[Any])


@dataclass(frozen=True)
class Ordering:
    """Permutations of the features and of each hidden layer's units.

    Attributes:
        features: permutation of the p features.
        units: one permutation for each hidden layer.
    """

    features: NDArray[np.int64]
    units: tuple[NDArray[np.int64], ...]

    @staticmethod
    def identity(features: int, widths: Sequence[int]) -> Ordering:
        """Returns the ordering that leaves everything in its place."""
        return Ordering(np.arange(features), tuple(np.arange(width) for width in widths))

    def of_values(self, values: NDArray[np.floating]) -> NDArray[np.floating]:
        """Returns measurements, cases x features, with the features in this order."""
        return np.ascontiguousarray(values[:, self.features])

    def of_state(self, state: State) -> State:
        """Returns parameters, given in natural order, in this order."""
        return self._rearranged(state, self)

    def undone(self, state: State) -> State:
        """Returns parameters, given in this order, in natural order."""
        return self._rearranged(state, Ordering(np.argsort(self.features), tuple(map(np.argsort, self.units))))

    def of_numbers(self, numbers: dict[str, NDArray[np.int64]]) -> dict[str, NDArray[np.int64]]:
        """Returns integers that stand in the parameters' places, given in natural order, in this order."""
        return self._rearranged(numbers, self)

    @staticmethod
    def _rearranged(state: dict[str, NDArray[_Number]], order: Ordering) -> dict[str, NDArray[_Number]]:
        result: dict[str, NDArray[_Number]] = {}
        columns = order.features
        for layer in range(len(order.units) + 1):
            linear, norm = f"{3 * layer}", f"{3 * layer + 1}"
            classes = state[f"{linear}.bias"].shape[0]
            rows = order.units[layer] if layer < len(order.units) else np.arange(classes)
            result[f"{linear}.weight"] = np.ascontiguousarray(state[f"{linear}.weight"][rows][:, columns])
            result[f"{linear}.bias"] = state[f"{linear}.bias"][rows]
            if layer < len(order.units):
                result[f"{norm}.weight"] = state[f"{norm}.weight"][rows]
                result[f"{norm}.bias"] = state[f"{norm}.bias"][rows]
            columns = rows
        return result
