"""Tensors of a file that anyone may have written: arrays, or one sentence why there are none."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load


def tensors_of(content: bytes) -> dict[str, NDArray[Any]]:
    """Returns the arrays of a safetensors file by their names.

    Raises:
        ValueError: it is none, or holds numbers of a kind that numpy has not; the text says which.
    """
    try:
        return dict(load(content))
    except SafetensorError as error:
        raise ValueError(str(error)) from error
    except KeyError as error:
        # The format knows kinds that the reader's table of numpy's lacks.
        raise ValueError(f"numbers of the kind {error.args[0]}") from error
