"""Whether altered Parquet may be read here: its reader can be led to damage the memory of the process that asks it."""

from __future__ import annotations

import os

VARIABLE = "LONGCON_FUZZ"


def in_own_process() -> bool:
    """Whether this process does nothing else."""
    return VARIABLE in os.environ
