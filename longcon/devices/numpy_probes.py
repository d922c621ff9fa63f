"""Probes of numpy and scipy: which arithmetic scientific Python does in this process, told by the bits of its results.

A command's libraries choose their kernels by themselves. numpy and scipy each bring an OpenBLAS of their own, so both
are asked; what is computed elementwise is numpy's own code, which no variable of OpenBLAS reaches.
"""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from longcon.draws import Draws

# Large enough for the kernels that cut matrices into panels, small enough for a moment.
_ROWS = 192
_RIGHT_SIDES = 48
_ELEMENTS = 4096


def numpy_probes() -> dict[str, str]:
    """Returns the digest of each probe's bits, equal in processes that compute alike.

    The process must have been started with the environment of its device, since OpenBLAS reads it once.
    """
    return {name: _digest(result) for name, result in _probe().items()}


def _digest(result: NDArray[Any]) -> str:
    return hashlib.sha256(np.ascontiguousarray(result).tobytes()).hexdigest()[:16]


def _probe() -> dict[str, NDArray[Any]]:
    draws = Draws(0, "numpy probes")

    def drawn(*shape: int) -> NDArray[np.float64]:
        # A normal draw has twenty bits: sums of products of such are exact in any order. A third of it has all bits.
        return draws.normal(*shape) / 3.0

    square, right, values = drawn(_ROWS, _ROWS), drawn(_ROWS, _RIGHT_SIDES), drawn(_ELEMENTS)
    symmetric = square + square.T
    # Only what has one answer: the signs of vectors and the pivots of a factorisation are choices.
    return {
        "product": square @ right,
        "product in float32": square.astype(np.float32) @ right.astype(np.float32),
        # Many, since two orders of one sum may well end in the same number.
        "products of vectors": np.array([row @ column for row, column in zip(square, square.T.copy(), strict=True)]),
        "solution": np.linalg.solve(square, right),
        "singular values": np.linalg.svd(square, compute_uv=False),
        "solution of scipy": scipy.linalg.solve(square, right),
        "eigenvalues of scipy": scipy.linalg.eigh(symmetric, eigvals_only=True),
        "sum": square.sum(axis=1),
        "exp": np.exp(values),
        "log": np.log(np.abs(values)),
    }
