"""A linear sketch of the parameters: the vector sine of two builds at any step, from 256 numbers a step.

Differences of sketches are sketches of differences, so the angle between two builds can be read from their sketches,
however small it is. The map is the count-sketch of Charikar, Chen and Farach-Colton (2002, "Finding frequent items in
data streams"): every coordinate has a random sign and goes to a random one of 256 sums. Of the first layer's weights,
nearly all of the parameters, only a uniform sample is read, since reading all of them would cost more than a step may.

The sine's relative error, one standard deviation, is the root of

    1/256 + (kurtosis of the difference + kurtosis of the weights - 2) / (4 * 32,768)

where the kurtosis is E[x^4] / E[x^2]^2 over the first weight's entries: 6.3 % for any difference that is spread over
the weights, and no more than 10 % while the difference's kurtosis is below 800. A difference in a handful of weights
can miss the sample and then reads 0; the digests see it. Sums are taken in pairs, so that round-off adds less than
2.5e-16 to the sine, in quadrature, and nothing at all where the parameters are the same.
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
SAMPLE = 32_768
# Above it a draw with rejection is cheaper than a permutation of all weights.
_PERMUTED = 1 << 18


class Sketch:
    """The linear map from parameters to 256 numbers, the same for every network of one shape.

    Attributes:
        rows: held row of each sampled entry of the first weight, in the order of the sample.
        columns: its held column.
        others: place of each other parameter, laid end to end as they are held, in an order of the sketch's own.

    Args:
        layout: where the parameters are held.
        device: on which device.
    """

    def __init__(self, layout: Layout, device: torch.device) -> None:
        count = len(layout.rows) * len(layout.columns)
        draws = Draws(0, "sketch of the first weight")
        sample = _without_replacement(draws, count, min(SAMPLE, count))
        rows, columns = np.divmod(sample, len(layout.columns))
        self._scale = (count / len(sample)) ** 0.5
        self.rows, self.columns = layout.rows[rows], layout.columns[columns]
        self._sampled_signs = _signs(draws, len(sample)).to(device)
        draws = Draws(0, "sketch of the other parameters")
        self.others = layout.others[draws.permutation(len(layout.others))]
        self._other_signs = _signs(draws, len(self.others)).to(device)

    def __call__(self, sampled: Tensor, others: Tensor) -> Tensor:
        """Returns the sketch, 256 float64 numbers.

        Equal parameters give equal bits, on every device and in every order: the additions are paired by the
        coordinates' numbers alone, and the sample's scale is applied to its sums.

        Args:
            sampled: the first weight's entries at ``rows`` and ``columns``.
            others: the other parameters at ``others``.
        """
        first = _bucket_sums(sampled.double() * self._sampled_signs)
        sketch: Tensor = first * self._scale + _bucket_sums(others.double() * self._other_signs)
        return sketch


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
    """Returns for each bucket the sum of every 256th term, in pairs."""
    rows = -(-len(terms) // SIZE)
    height = 1 << (rows - 1).bit_length()
    sums = torch.nn.functional.pad(terms, (0, height * SIZE - len(terms))).reshape(height, SIZE)
    while len(sums) > 1:
        half = len(sums) // 2
        sums = sums[:half] + sums[half:]
    return sums[0]


def _signs(draws: Draws, count: int) -> Tensor:
    return torch.from_numpy(1.0 - 2.0 * (draws.words(count) >> np.uint64(63)).astype(np.float64))


def _without_replacement(draws: Draws, count: int, wanted: int) -> NDArray[np.int64]:
    """Returns ``wanted`` different numbers below ``count`` in random order."""
    if count <= _PERMUTED:
        return draws.permutation(count)[:wanted]
    # So many draws hold enough different numbers: of 2 * 32,768 out of 2^18, 57,000 are expected.
    drawn = (draws.words(2 * wanted) % np.uint64(count)).astype(np.int64)
    _, first = np.unique(drawn, return_index=True)
    return drawn[np.sort(first)[:wanted]]
