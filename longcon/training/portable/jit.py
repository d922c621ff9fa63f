"""How every kernel is compiled: never so that a bit could change."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

import numba

Kernel = TypeVar("Kernel", bound=Callable[..., object])


def kernel(function: Kernel) -> Kernel:
    """Returns the function compiled for the processor it runs on, when it is first called.

    Without fastmath the compiler may neither reorder additions nor fuse a multiplication with an addition, so that a
    vector register of any width holds what a scalar would. Division as numpy's, since a test for 0 would keep a loop
    out of vector registers. Not cached on disk, since numba's cache is a pickle.
    """
    compiled = numba.njit(fastmath=False, error_model="numpy", nogil=True, cache=False, parallel=False)(function)
    return cast(Kernel, compiled)
