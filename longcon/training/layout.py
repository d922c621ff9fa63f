"""Where a parameter of the natural order lies in the model as it is trained.

A surrogate device trains permuted features and units. What is kept of a step is drawn for the natural order and looked
up here once, so that the same parameters give the same record in whatever order they are held.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from longcon.training.ordering import Ordering

FIRST = "0.weight"
Indices = NDArray[np.int64]


def first_of(parameters: Mapping[str, Tensor], ordering: Ordering) -> str:
    """Returns the name of the first weight: that of a chain's first layer, else the largest, the first of equals."""
    if ordering.stages:
        return f"{ordering.stages[0].linear}.weight"
    return max(parameters, key=lambda name: parameters[name].numel())


def wide(value: Tensor) -> Tensor:
    """Returns a contiguous parameter as rows and columns, of the same memory: the first dimension are the rows."""
    return value.view(len(value), -1) if value.dim() > 1 else value.view(1, -1)


@dataclass(frozen=True)
class Layout:
    """The places of a model's parameters: of its first weight by row and column, of all others in one vector.

    The first weight is that of a chain's first layer. In any other model, which is held in natural order alone, the
    largest parameter takes its part.

    Attributes:
        rows: the held row of each natural row of the first weight.
        columns: the held column of each natural column.
        others: for each entry of the other parameters in natural order, where it lies when the parameters are laid end
            to end as they are held; names in the order of the state_dict.
    """

    rows: Indices
    columns: Indices
    others: Indices

    @staticmethod
    def of(parameters: Mapping[str, Tensor], ordering: Ordering) -> Layout:
        """Returns the layout of a network in an ordering.

        Args:
            parameters: by name, as the state_dict gives them; only their shapes are read.
            ordering: in which they are held.
        """
        first = first_of(parameters, ordering)
        if not ordering.stages:
            return _natural(parameters, first)
        rows = ordering.units[0] if ordering.units else np.arange(len(parameters[first]))
        # A first weight without columns: the others' places do not depend on it, and it may be large.
        numbers = {first: np.empty((len(rows), 0), dtype=np.int64)}
        count = 0
        for name, value in parameters.items():
            if name != first:
                numbers[name] = np.arange(count, count + value.numel()).reshape(value.shape)
                count += value.numel()
        held = replace(ordering, features=ordering.features[:0]).of_numbers(numbers)
        natural = np.concatenate([held[name].ravel() for name in parameters if name != first])
        return Layout(np.argsort(rows), np.argsort(ordering.features), np.argsort(natural))


def _natural(parameters: Mapping[str, Tensor], first: str) -> Layout:
    rows, columns = wide(parameters[first]).shape
    others = sum(value.numel() for name, value in parameters.items() if name != first)
    return Layout(np.arange(rows), np.arange(columns), np.arange(others))
