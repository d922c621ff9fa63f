"""More of every step, where it is asked for: what tells which operation amplified a difference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Series = NDArray[np.float64]
Bits = NDArray[np.uint8]


@dataclass(frozen=True)
class Detail:
    """What a native training keeps of every step on request; states and steps are counted as in `Trajectory`.

    Attributes:
        parameters: float64, (steps + 1) x 128: the trajectory's sketches, folded once.
        moments: float64, (steps + 1) x 128: the same linear map of Adamax's first moments.
        norms: float64, (steps + 1) x 128: that of its infinity norms.
        variances: by name of a LayerNorm: float64, steps: the least biased variance of its input over the minibatch.
        passed: by name of a Softshrink or ReLU: uint8, steps x k x bytes: which units of each case let the gradient
            pass, in natural order, eight to a byte as numpy.packbits packs them. A short last minibatch leaves the
            cases that it lacks at 0.
        units: by the same names: how many units there are.
        sides: uint8, steps x bytes, packed likewise: for a sample of parameters, whether the gradient's side of
            Adamax's maximum was taken (new norm > beta2 * former norm). They are the same in every build of a network.
        sides_of_first: how many of them are of the first weight; they come first.
        sides_of_others: how many of the other parameters follow.
    """

    parameters: Series
    moments: Series
    norms: Series
    variances: Mapping[str, Series]
    passed: Mapping[str, Bits]
    units: Mapping[str, int]
    sides: Bits
    sides_of_first: int
    sides_of_others: int

    def units_passed(self, name: str) -> NDArray[np.bool_]:
        """Returns which units of a Softshrink or ReLU passed, steps x k x units."""
        return np.unpackbits(self.passed[name], axis=-1, count=self.units[name]).astype(bool)

    def sides_taken(self) -> NDArray[np.bool_]:
        """Returns which sampled parameters took the gradient's side, steps x parameters."""
        return np.unpackbits(self.sides, axis=-1, count=self.sides_of_first + self.sides_of_others).astype(bool)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Returns the arrays by name; the parameters' sketches are the trajectory's and not among them."""
        counts = np.array([self.sides_of_first, self.sides_of_others], dtype=np.int64)
        return {
            "moments": self.moments,
            "norms": self.norms,
            "sides": self.sides,
            "sides_of": counts,
            **{f"variances/{name}": value for name, value in self.variances.items()},
            **{f"passed/{name}": value for name, value in self.passed.items()},
            **{f"units/{name}": np.array([value], dtype=np.int64) for name, value in self.units.items()},
        }

    @staticmethod
    def of(arrays: Mapping[str, NDArray[Any]], parameters: Series) -> Detail:
        """Returns the detail that `arrays` gave, after a look at it.

        Args:
            arrays: by name.
            parameters: the folded sketches of the trajectory.

        Raises:
            ValueError: an array is missing, or has another shape; the text says which.
        """
        steps = len(parameters) - 1
        units = {name: int(value[0]) for name, value in _under("units", arrays).items()}
        passed = {
            name: array_of(arrays, f"passed/{name}", np.uint8, (steps, None, -(-n // 8))) for name, n in units.items()
        }
        names = _under("variances", arrays)
        first, others = map(int, array_of(arrays, "sides_of", np.int64, (2,)))
        return Detail(
            parameters,
            array_of(arrays, "moments", np.float64, parameters.shape),
            array_of(arrays, "norms", np.float64, parameters.shape),
            {name: array_of(arrays, f"variances/{name}", np.float64, (steps,)) for name in names},
            passed,
            units,
            array_of(arrays, "sides", np.uint8, (steps, -(-(first + others) // 8))),
            first,
            others,
        )


def array_of(arrays: Mapping[str, NDArray[Any]], name: str, dtype: Any, shape: tuple[int | None, ...]) -> NDArray[Any]:
    """Returns the array of a name, a dtype and a shape, whose None is any length.

    Raises:
        ValueError: it is missing, or of another dtype or shape.
    """
    array = arrays.get(name)
    if array is None or array.dtype != dtype or array.ndim != len(shape):
        raise ValueError(f"{name} are missing or of another kind")
    if any(wanted not in (None, found) for wanted, found in zip(shape, array.shape, strict=True)):
        raise ValueError(f"{name} are of another shape")
    return array


def _under(prefix: str, arrays: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Returns the arrays named ``prefix/...`` by the rest of their names."""
    found = {name.partition("/")[2]: value for name, value in arrays.items() if name.startswith(f"{prefix}/")}
    return dict(sorted(found.items()))
