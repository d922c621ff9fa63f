"""The settings of a run with nothing particular about it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from fixtures.options import Settings
from longcon.devices import Device
from longcon.protocol import Limits
from longcon.training import Recipe


def plain_settings(**changes: Any) -> Settings:
    """Returns settings in which only what is given is of interest."""
    plain = Settings(
        devices=(Device("cpu"),),
        recipes=(Recipe(k=2),),
        limits=Limits(),
        release="best",
        problem="gbm",
        features=60,
        data=None,
        cohort_seed=0,
        store=Path("store"),
        fresh=False,
        for_release=False,
        jobs=1,
        run="run",
        worker=0,
        curvature_every=0,
        required=frozenset(),
    )
    return replace(plain, **changes)
