"""The ansatz: initial values and the order of the cases, drawn on the host so that every device starts alike."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from longcon.draws import Draws

State = dict[str, NDArray[np.floating]]


def initial_state(features: int, widths: Sequence[int], classes: int, seed: int, dtype: str) -> State:
    """Returns the initial parameters, named as `network`'s state_dict names them.

    The distribution is that of nn.Linear's default, uniform on +-1/sqrt(incoming) for weights and biases; LayerNorm
    starts at 1 and 0. Draws are made in float64 and rounded once for float32, so that both precisions start from the
    same network.

    Args:
        features: width p of the input.
        widths: units of the hidden layers.
        classes: number of classes.
        seed: of the recipe.
        dtype: ``"float64"`` or ``"float32"``.
    """
    draws = Draws(seed, "initial values")
    state: State = {}
    incoming = features
    for layer, width in enumerate((*widths, classes)):
        bound = 1.0 / math.sqrt(incoming)
        for name, shape in (("weight", (width, incoming)), ("bias", (width,))):
            state[f"{3 * layer}.{name}"] = ((2.0 * draws.uniform(*shape) - 1.0) * bound).astype(dtype)
        if layer < len(widths):
            state[f"{3 * layer + 1}.weight"] = np.ones(width, dtype=dtype)
            state[f"{3 * layer + 1}.bias"] = np.zeros(width, dtype=dtype)
        incoming = width
    return state


def case_order(cases: int, seed: int) -> NDArray[np.int64]:
    """Returns the order in which the training cases are visited, the same in every epoch."""
    return Draws(seed, "case order").permutation(cases)
