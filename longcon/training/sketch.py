"""A linear sketch of the parameters: the vector sine of two builds at any step, from 256 numbers a step.

Differences of sketches are sketches of differences, so the angle between two builds can be read from their sketches,
however small it is. The map is the count-sketch of Charikar, Chen and Farach-Colton (2002, "Finding frequent items in
data streams"): every parameter has a random sign of its own and goes to one of 256 sums; in the first weight, to the
sum that its column drew. All parameters enter, not a sample: the first differences of two builds are those of a few
weights whose gradient nearly cancels, and a sample of any size that a step can afford misses them.

The squared length of a sketch has the mean of the vector's and a relative variance of at most 2 / B, where B is the
effective number of sums (sum of squares, squared, over the sum of fourth powers of what the sums' shares of the length
are): 256 where a vector is spread over many columns, and what cancels in a sum is gone only with its partners, so that
a vector of a few large entries is measured exactly. The sine is a quotient of two lengths; its relative standard error
is therefore at most the root of 1 / B, 6.3 % for B = 256. A network of fewer than 256 features has fewer sums, and a
difference of few features likewise. Round-off in the sums adds less than 4e-16 to the sine, in quadrature.
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

    Args:
        layout: where the parameters are held.
        device: on which device.
    """

    def __init__(self, layout: Layout, device: torch.device) -> None:
        rows, columns = len(layout.rows), len(layout.columns)
        turned = _bits(Draws(0, "sketch of the first weight"), rows * columns).reshape(rows, columns)
        self.signs = turned[np.argsort(layout.rows)][:, np.argsort(layout.columns)]
        shuffled = layout.columns[Draws(0, "sketch of the columns").permutation(columns)]
        self._columns = torch.from_numpy(shuffled).to(device)
        draws = Draws(0, "sketch of the other parameters")
        self._others = torch.from_numpy(layout.others[draws.permutation(len(layout.others))]).to(device)
        self._other_signs = torch.from_numpy(1.0 - 2.0 * _bits(draws, len(layout.others))).to(device)

    def __call__(self, column_sums: Tensor, others: Tensor) -> Tensor:
        """Returns the sketch, 256 float64 numbers.

        Args:
            column_sums: sum of each held column of the first weight with the entries' signs, float64.
            others: the other parameters, end to end as they are held.
        """
        return _bucket_sums(column_sums[self._columns]) + _bucket_sums(
            others[self._others].double() * self._other_signs
        )


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


def _bucket_sums(terms: Tensor) -> Tensor:
    """Returns for each bucket the sum of every 256th term."""
    whole = len(terms) // SIZE * SIZE
    # torch adds by blocks, so that the error does not grow with the number of terms.
    sums = terms[:whole].view(-1, SIZE).sum(0)
    sums[: len(terms) - whole] += terms[whole:]
    return sums


def _bits(draws: Draws, count: int) -> NDArray[np.bool_]:
    words = draws.words(-(-count // 64)).astype("<u8")
    return np.unpackbits(words.view(np.uint8), count=count).astype(bool)
