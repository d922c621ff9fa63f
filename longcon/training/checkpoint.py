"""A checkpoint: everything that decides the rest of a training after one of its epochs.

No generator is in it: the initial values and the order of the cases are functions of the seed alone, the order is the
same in every epoch, and what is recorded is drawn anew for the natural order. The optimiser's count of steps is the
number of steps in the epochs that are done.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from longcon.errors import StoreError
from longcon.training.initialisation import State
from longcon.training.recipe import Recipe
from longcon.training.result import Epoch, Snapshot
from longcon.training.state import BUFFERS


@dataclass(frozen=True)
class Carried:
    """What a trainer carries from one step to the next, in natural order and in the recipe's precision.

    Attributes:
        parameters: by name; with the model's buffers.
        moments: Adamax's first moments, by the same names; empty where another optimiser may train.
        norms: its infinity norms, likewise.
        other: what another optimiser keeps, as `optimiser_state` takes it apart; empty for the paper's.
    """

    parameters: State
    moments: State
    norms: State
    other: State = field(default_factory=dict)

    def fits(self, state: State) -> None:
        """Checks that a network with this state can go on from it.

        Raises:
            ValueError: it cannot; the text says why.
        """
        for what in ("parameters", "moments", "norms"):
            require_like(getattr(self, what), state, what)
        if self.other:
            raise ValueError("its optimiser is another one")


@dataclass(frozen=True)
class Checkpoint:
    """A training after an epoch.

    It goes on to the bits of the uninterrupted training on the same data, device and order of sums. These three it does
    not know; whoever keeps it must.

    Attributes:
        recipe: of the training.
        epoch: how many epochs are done.
        carried: what the trainer carries on.
        snapshots: those kept so far, by epoch.
        history: one entry for each epoch that is done.
        recorded: what the recorder kept of every step so far, by name.
        resumed_at: after which epochs this training was itself resumed.
    """

    recipe: Recipe
    epoch: int
    carried: Carried
    snapshots: Mapping[int, Snapshot]
    history: tuple[Epoch, ...]
    recorded: Mapping[str, NDArray[Any]]
    resumed_at: tuple[int, ...] = ()

    def fits(self, recipe: Recipe) -> None:
        """Checks that it is of the recipe, and after one of its epochs.

        Raises:
            ValueError: it is not; the text says why.
        """
        mine, other = self.recipe.as_json(), recipe.as_json()
        differing = [f"{name} is {mine[name]}, not {value}" for name, value in other.items() if mine[name] != value]
        if differing:
            raise ValueError(f"it is of another recipe ({differing[0]})")
        if not 1 <= self.epoch <= recipe.epochs:
            raise ValueError(f"it is of epoch {self.epoch}, but the recipe has epochs 1 to {recipe.epochs}")
        if [entry.epoch for entry in self.history] != list(range(1, self.epoch + 1)):
            raise ValueError(f"its history is not that of {self.epoch} epochs")


OnCheckpoint = Callable[[int, Callable[[], Checkpoint]], None]
"""Given the number of a finished epoch, and what makes its checkpoint; nothing is copied unless that is called."""


def unusable(how: str) -> StoreError:
    """Returns the error that says why a training cannot go on from a checkpoint."""
    return StoreError(f"The checkpoint cannot be used: {how}; train from the start.")


def require_like(values: State, state: State, what: str) -> None:
    """Checks that arrays have the names, shapes and types of a state, and that its parameters are finite.

    Raises:
        ValueError: they are not; the text says which.
    """
    if values.keys() != state.keys():
        raise ValueError(f"its {what} are those of another network")
    for name, value in state.items():
        given, told = values[name], f"{what} of {name}"
        # A buffer may hold an infinity, as a mask does.
        held = np.nan_to_num(given) if name.startswith(BUFFERS) and given.dtype.kind == "f" else given
        require_finite(held, value.shape, value.dtype, told)


def require_finite(values: NDArray[Any], shape: tuple[int, ...], dtype: np.dtype[Any], what: str) -> None:
    """Checks that an array is finite and of a shape and a type.

    Raises:
        ValueError: it is not; the text says so of ``what``.
    """
    if values.shape != shape or values.dtype != dtype:
        raise ValueError(f"its {what} are of another shape or type")
    if not np.isfinite(values).all():
        raise ValueError(f"its {what} are not finite")
