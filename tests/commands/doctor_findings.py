"""Devices as the doctor may find them, and its report of any."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from longcon.builds.health import StoreHealth
from longcon.commands.doctor_machine import DeviceFound, SurrogateFound
from longcon.commands.doctor_report import Report

CLASS = "0123456789abcdef" * 4
CPU = DeviceFound(
    "cpu",
    CLASS,
    {"processor": "a processor"},
    {"deterministic_algorithms": True, "full_float32_products": True, "cpu_capability": "AVX2"},
    {"OMP_NUM_THREADS": "1"},
    (),
    (
        SurrogateFound("order:1", True, training=True),
        SurrogateFound("mkl:COMPATIBLE", True, training=True, commands=False),
        SurrogateFound("mkl:AVX2", False, training=True, commands=False, twin="mkl:COMPATIBLE"),
        SurrogateFound("openblas:Haswell", False, fault="The fingerprint of cpu+openblas:Haswell ended."),
    ),
)
GPU = DeviceFound(
    "cuda:0",
    CLASS[::-1],
    {"gpu": "a card", "compute_capability": "9.0"},
    CPU.effects,
    CPU.environment,
    (),
    (SurrogateFound("order:1", True, training=False),),
)
LOST = DeviceFound("cuda:1", None, {}, {}, {}, ("The fingerprint of cuda:1 ended.",), ())
SOUND = replace(CPU, surrogates=CPU.surrogates[:1])

_WHOLE = replace(
    Report.of((CPU,), Path("/lab/store"), None), locked=True, lock="installed packages: all are those of the lock."
)


def report(devices: Sequence[DeviceFound] = (CPU,), health: StoreHealth | None = None, **other: Any) -> Report:
    return replace(_WHOLE, devices=tuple(devices), health=health, **other)
