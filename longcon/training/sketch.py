"""A linear sketch of the parameters: the vector sine of two builds at any step, from 256 numbers a step.

Differences of sketches are sketches of differences, so the angle between two builds can be read from their sketches,
however small it is. The map is the count-sketch of Charikar, Chen and Farach-Colton (2002, "Finding frequent items in
data streams"): every parameter has a random sign of its own and goes to one of 256 sums; in the first weight, to the
sum that its column drew. All parameters enter, not a sample: the first differences of two builds are those of a few
weights whose gradient nearly cancels, and a sample of any size that a step can afford misses them.

Over the draw of the map, the squared length of a sketch has the mean of the vector's and a relative variance of at most
2 / 256 for a vector that is spread over 256 columns or more. The sine is a quotient of two lengths, so its relative
standard error is the root of 1 / 256, 6.3 %, and nearly the same at every step of two builds. A network of p < 256
features has p sums for its first weight, and the root of 1 / p. A few large entries are measured exactly as long as no
two of them share a sum, which of n entries has a probability of about n^2 / 512. Round-off in the sums adds less than
4e-16 to the sine, in quadrature.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from longcon.draws import Draws
from longcon.errors import BuildError
from longcon.training.layout import Layout

SIZE = 256


class Sketch:
    """The linear map from parameters to 256 numbers, the same for every network of one shape.

    Attributes:
        signs: bool, rows x columns of the first weight as it is held: whether an entry's sign is turned.
        columns: its held columns in the order in which they are dealt to the sums.
        others: places of the other parameters, laid end to end as they are held, in the order in which they are dealt.
        other_factors: float64, the sign of each of ``others``: 1 or -1.

    Args:
        layout: where the parameters are held.
        device: on which device.
    """

    def __init__(self, layout: Layout, device: torch.device) -> None:
        rows, columns = len(layout.rows), len(layout.columns)
        turned = _bits(Draws(0, "sketch of the first weight"), rows * columns).reshape(rows, columns)
        self.signs = turned[np.argsort(layout.rows)][:, np.argsort(layout.columns)]
        self.columns = layout.columns[Draws(0, "sketch of the columns").permutation(columns)]
        draws = Draws(0, "sketch of the other parameters")
        self.others = layout.others[draws.permutation(len(layout.others))]
        self.other_factors = 1.0 - 2.0 * _bits(draws, len(layout.others))
        self._places = torch.from_numpy(self.others).to(device)
        self._factors = torch.from_numpy(self.other_factors).to(device)

    def __call__(self, first: Tensor, others: Tensor) -> Tensor:
        """Returns the sketch, 256 float64 numbers.

        Args:
            first: what the first weight adds to the sums, as `Reading.sums` gives it.
            others: the other parameters, end to end as they are held.
        """
        return first + dealt(others.index_select(0, self._places).double() * self._factors)


def folded(sketches: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns sketches of half the size: sums of buckets, steps x 128 from steps x 256."""
    half = sketches.shape[-1] // 2
    return sketches[..., :half] + sketches[..., half:]


def sketched_sine(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns the vector sine between two builds at every step, from their sketches.

    Its error is that of the sketches, stated above. The sine of the angle between a and b is the length of the part of
    b - a that is perpendicular to a, over the length of b; b - a is exact where it is small, so that unlike
    |u - v| |u + v| / 2 of the normalised sketches this adds no round-off of its own.

    Args:
        a: sketches of one build, steps x buckets.
        b: of the other, at the same steps.

    Returns:
        Sines in [0, 1], one for each step.

    Raises:
        BuildError: the shapes differ, or a sketch is zero.
    """
    if a.shape != b.shape:
        raise BuildError(
            f"Sketches of shapes {a.shape} and {b.shape} have no sine: compare builds of one recipe, step by step."
        )
    lengths = [np.linalg.norm(sketches, axis=-1) for sketches in (a, b)]
    if not (lengths[0].all() and lengths[1].all()):
        raise BuildError("A sketch is zero and has no direction: compare builds that were initialised.")
    unit = a / lengths[0][..., None]
    difference = b - a
    across = difference - unit * np.sum(difference * unit, axis=-1, keepdims=True)
    sine: NDArray[np.float64] = np.minimum(np.linalg.norm(across, axis=-1) / lengths[1], 1.0)
    return sine


def dealt(terms: Tensor) -> Tensor:
    """Returns 256 sums, each of every 256th term."""
    whole = len(terms) // SIZE * SIZE
    # torch adds by blocks, so that the error does not grow with the number of terms.
    sums = terms[:whole].view(-1, SIZE).sum(0)
    sums[: len(terms) - whole] += terms[whole:]
    return sums


def _bits(draws: Draws, count: int) -> NDArray[np.bool_]:
    words = draws.words(-(-count // 64)).astype("<u8")
    return np.unpackbits(words.view(np.uint8), count=count).astype(bool)
