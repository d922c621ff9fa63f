"""Sums by a fixed tree: which two numbers meet in which addition is decided by the number of terms alone.

Floating-point addition is not associative, so the bits of a sum are the bits of its order. Here the terms, padded with
+0, are cut into chunks of a power of two; each chunk is folded, its second half added to its first, until one value is
left; the chunks' values, padded with +0 to a power of two, are folded likewise. Nothing in that depends on the width of
a vector register, on a number of threads or on a block size, and the error grows with the logarithm of the number of
terms (Higham 2002, "Accuracy and Stability of Numerical Algorithms", section 4.2).
"""

from __future__ import annotations

import torch
from torch import Tensor

# A chunk of float64 and what it is multiplied by then fit a processor's first cache.
LARGEST_CHUNK = 1024
# The compiled kernels take the first three folds of a chunk at once, from eight parts of it.
SMALLEST_CHUNK = 8


def chunk_length(terms: int) -> int:
    """Returns the number of terms in a chunk: the power of two that holds ``terms``, from 8 to 1,024."""
    return min(LARGEST_CHUNK, max(SMALLEST_CHUNK, _power_of_two(terms)))


def padded(values: Tensor, length: int) -> Tensor:
    """Returns ``values`` with +0 appended along the last dimension up to ``length``."""
    missing = length - values.shape[-1]
    return torch.nn.functional.pad(values, (0, missing)) if missing else values


def folded(values: Tensor) -> Tensor:
    """Returns the sums along the last dimension, whose length is a power of two, by repeated halving."""
    while values.shape[-1] > 1:
        half = values.shape[-1] // 2
        values = values[..., :half] + values[..., half:]
    return values[..., 0]


def chunk_sum(chunks: Tensor) -> Tensor:
    """Returns the sums along the last dimension of the values of whole chunks."""
    return folded(padded(chunks, _power_of_two(chunks.shape[-1])))


def tree_sum(terms: Tensor) -> Tensor:
    """Returns the sums of ``terms`` along the last dimension, each by the fixed tree.

    Args:
        terms: float64 or float32, any leading dimensions, at least one term.
    """
    length = chunk_length(terms.shape[-1])
    chunks = -(-terms.shape[-1] // length)
    cut = padded(terms, chunks * length).reshape(*terms.shape[:-1], chunks, length)
    return chunk_sum(folded(cut))


def case_sum(terms: Tensor) -> Tensor:
    """Returns the sums of ``terms`` along the first dimension, taken from the first case to the last."""
    total = terms[0]
    for case in terms[1:]:
        total = total + case
    return total


def _power_of_two(count: int) -> int:
    return 1 << (count - 1).bit_length()
