"""An exact digest of the parameters at every step, so that the first bitwise difference of two builds is known.

It is NH, the universal hash of UMAC (Black, Halevi, Krawczyk, Krovetz and Rogaway 1999, "UMAC: fast and secure message
authentication"), with one change: every float64's bits get a key modulo 2^64, and the products of the low and the high
half of that are added modulo 2^64. NH gives each half a key modulo 2^32, which takes a processor one operation more.
Here the low half may carry one into the high half, whose own key is uniform whatever that carry: the two halves are as
uniform and as independent as NH's, and its bound holds. Each row of the first weight is hashed so, with keys of its
columns; all other parameters are one more row; and the hash of the rows' hashes, with keys of the rows, is the digest.
float32 is widened, which loses nothing. The sums do not depend on the order of their terms, so builds on order
surrogates have the same digest where their parameters, in natural order, are the same.

Different parameters have the same digest with a probability of at most 2^-31 over the draw of the keys: 2^-32 that the
first differing row's hash is the same, 2^-32 that the rows' hashes collide. The keys are the same in every build and
no secret: the bound is for arithmetic that went another way, not for a forger, whom the SHA-256 of the manifest meets.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from longcon.draws import Draws
from longcon.errors import BuildError
from longcon.training.layout import Layout

_LOW = 0xFFFFFFFF


class Digest:
    """The keys of a network's parameters, laid as the parameters are held.

    Attributes:
        column_keys: uint64, one for each column of the first weight.
        other_keys: uint64, one for each of the other parameters.
        row_keys: uint64, one for each row of the first weight, and one more for the other parameters' row.

    Args:
        layout: where the parameters are held.
        device: on which device.
    """

    def __init__(self, layout: Layout, device: torch.device) -> None:
        self.column_keys = _keys("columns", layout.columns)
        self._columns = _on(self.column_keys, device)
        self.other_keys = _keys("other parameters", layout.others)
        self._others = _on(self.other_keys, device)
        # The other parameters' row has the last keys.
        self.row_keys = _keys("rows", np.append(layout.rows, len(layout.rows)))
        self._rows = _on(self.row_keys, device)

    def rows_of(self, weight: Tensor) -> Tensor:
        """Returns the hash of each row of the first weight, in torch operations: int64, the bits of a uint64."""
        return _hash(weight, self._columns)

    def of(self, rows: Tensor, others: Tensor) -> Tensor:
        """Returns the digest as a scalar of int64, the bits of a uint64.

        Args:
            rows: the hash of each row of the first weight, as `rows_of` gives it.
            others: the other parameters, end to end as they are held.
        """
        last = _hash(others[None], self._others)
        return _hash_of_words(torch.cat([rows, last])[None], self._rows)[0]


def first_difference(a: NDArray[np.uint64], b: NDArray[np.uint64]) -> int | None:
    """Returns the first step after which the digests of two builds differ; 0 is the initial state.

    None where none differs. A difference goes unseen at a step with a probability of at most 2^-31.

    Args:
        a: digests of one build, one for each state.
        b: of the other.

    Raises:
        BuildError: the numbers of steps differ.
    """
    if a.shape != b.shape:
        raise BuildError(
            f"{len(a)} and {len(b)} digests have no first difference: compare builds of one recipe, step by step."
        )
    differing = np.flatnonzero(a != b)
    return int(differing[0]) if len(differing) else None


def _keys(of: str, held: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Returns keys drawn for the natural order, each where its parameter is held."""
    words = np.empty(len(held), dtype=np.uint64)
    words[held] = Draws(0, f"digest of the {of}").words(len(held))
    return words


def _on(keys: NDArray[np.uint64], device: torch.device) -> Tensor:
    return torch.from_numpy(keys.view(np.int64)).to(device)


def _hash(values: Tensor, keys: Tensor) -> Tensor:
    """Returns the hash along the last dimension of the bits of floating values."""
    return _hash_of_words(values.detach().double().view(torch.int64), keys)


def _hash_of_words(words: Tensor, keys: Tensor) -> Tensor:
    # int64 products and sums wrap modulo 2^64, as those of uint64 would.
    keyed = words + keys
    return ((keyed & _LOW) * ((keyed >> 32) & _LOW)).sum(-1)
