"""The trajectory: what every build keeps of every step of its training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from longcon.training.detail import Detail, array_of
from longcon.training.digest import first_difference
from longcon.training.sketch import SIZE, sketched_sine

Series = NDArray[np.float64]


@dataclass(frozen=True)
class Trajectory:
    """Every step of one training.

    State t is that after t updates, 0 the initial one; entry t of all else is what the minibatch of update t + 1 showed
    before that update.

    Attributes:
        sketches: float64, (steps + 1) x 256; see `sketch`.
        digests: uint64, steps + 1; see `digest`.
        losses: float64, steps: mean cross-entropy of the minibatch.
        gradient_norms: float64, steps: norm of the gradient of that mean over all parameters, the penalty's not in it.
        residuals: float64, steps: the paper's gradient-annihilation residual; NaN where it was not asked for.
        smallest: float64, steps: smallest eigenvalue of the Hessian; NaN likewise.
        smallest_errors: float64, steps: bound of its error; NaN likewise.
        largest: float64, steps: largest eigenvalue; NaN likewise.
        detail: what was kept beyond that, where it was asked for.
    """

    sketches: Series
    digests: NDArray[np.uint64]
    losses: Series
    gradient_norms: Series
    residuals: Series
    smallest: Series
    smallest_errors: Series
    largest: Series
    detail: Detail | None = None

    @property
    def steps(self) -> int:
        """The number of updates."""
        return len(self.losses)

    def sine(self, other: Trajectory) -> Series:
        """Returns the vector sine to another build at every state, with the error that `sketch` states.

        It is exactly 0 where the digests are the same.

        Raises:
            BuildError: the trainings have different numbers of steps.
        """
        sine = sketched_sine(self.sketches, other.sketches)
        return np.where(self.digests == other.digests, 0.0, sine)

    def first_difference(self, other: Trajectory) -> int | None:
        """Returns the first state in which a bit differs from another build's, None where no state does.

        Raises:
            BuildError: the trainings have different numbers of steps.
        """
        return first_difference(self.digests, other.digests)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Returns the arrays by name, the detail not among them."""
        return {field.name: getattr(self, field.name) for field in fields(self) if field.name != "detail"}

    @staticmethod
    def of(arrays: Mapping[str, NDArray[Any]], epochs: int) -> Trajectory:
        """Returns the trajectory that `arrays` gave, after a look at it.

        Args:
            arrays: by name.
            epochs: of the recipe.

        Raises:
            ValueError: an array is missing, or has another shape or type, or is not finite; the text says which.
        """
        steps = len(arrays.get("losses", ()))
        if steps == 0 or steps % epochs:
            raise ValueError(f"its {steps} steps do not make {epochs} epochs")
        kept: dict[str, Any] = {}
        for field in fields(Trajectory):
            if field.name != "detail":
                shape = {"sketches": (steps + 1, SIZE), "digests": (steps + 1,)}.get(field.name, (steps,))
                dtype = np.uint64 if field.name == "digests" else np.float64
                kept[field.name] = array_of(arrays, field.name, dtype, shape)
        for name in ("sketches", "losses", "gradient_norms"):
            if not np.isfinite(kept[name]).all():
                raise ValueError(f"{name} are not finite")
        return Trajectory(**kept)
