"""The doctor's report: what was found, what is wrong and what to do; and all of it as data."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

import longcon
from longcon.builds.executor import TrainingShape
from longcon.builds.health import StoreHealth
from longcon.checks import environment_locked
from longcon.commands.doctor_machine import STANDARD_SHAPE, DeviceFound, memory, system, usable_cores
from longcon.lock import packages, read_lock
from longcon.source import code_version


@dataclass(frozen=True)
class Report:
    """What was found.

    Attributes:
        machine: processor, cores, bytes of memory and system.
        versions: of longcon, its code, Python, PyTorch and numpy.
        locked: whether every package has the version that longcon is tested with.
        lock: that in a sentence.
        shape: of the probes.
        devices: of this machine.
        store: folder that was asked about.
        health: of the store; None where there is none yet.
    """

    machine: dict[str, Any]
    versions: dict[str, str]
    locked: bool
    lock: str
    shape: TrainingShape
    devices: tuple[DeviceFound, ...]
    store: Path
    health: StoreHealth | None

    @staticmethod
    def of(devices: Sequence[DeviceFound], store: Path, health: StoreHealth | None) -> Report:
        """Returns the report of this machine and process."""
        hardware = devices[0].hardware
        lock = read_lock()
        outcome = environment_locked(lock, packages(lock) if lock else ())
        return Report(
            {
                "processor": hardware.get("processor", platform.processor() or "unknown"),
                "cores": usable_cores(),
                "memory": memory(),
                "system": system(),
            },
            {
                "longcon": longcon.__version__,
                "code": code_version(),
                "python": platform.python_version(),
                "torch": str(torch.__version__),
                "numpy": np.__version__,
            },
            outcome.ok,
            outcome.message,
            STANDARD_SHAPE,
            tuple(devices),
            store,
            health,
        )

    @property
    def failures(self) -> tuple[str, ...]:
        """What a validation here must not be trusted with, each in a few words."""
        found = []
        if self.health is not None and self.health.altered:
            found.append(f"the store holds {counted(len(self.health.altered), 'altered build')}")
        if not any(surrogate.effective for device in self.devices for surrogate in device.surrogates):
            found.append("no surrogate is effective on any device")
        return tuple(found)

    @property
    def problems(self) -> tuple[str, ...]:
        """Everything that is not as it should be, each in one sentence that says what to do."""
        return tuple(self._problems())

    def _problems(self) -> Iterator[str]:
        for device in self.devices:
            yield from device.faults
            yield from (one.fault for one in device.surrogates if one.fault is not None)
        if not any(one.effective for device in self.devices for one in device.surrogates):
            yield (
                "No surrogate changes a bit on this machine, so that builds that agree here show nothing: add a device "
                "with --device, or builds of another machine."
            )
        if not self.locked:
            yield f"{self.lock[:1].upper()}{self.lock[1:]}"
        if self.health is not None:
            yield from _problems_of_store(self.health)


def _problems_of_store(health: StoreHealth) -> Iterator[str]:
    yield from health.altered
    yield from health.wrong_data
    for path in health.staging:
        # It may be the only copy: a run that was killed in the last moment leaves a whole build there.
        yield f"{path} was left by a run that was killed: run the same again, which puts it in place or removes it."
    for key in health.unfinished:
        yield (
            f"Build {key} was begun and not finished: run the same validation again, and it goes on from its "
            f"checkpoint; or delete {health.root / 'checkpoints' / key}."
        )
    if not health.writable:
        yield (
            f"{health.root} cannot be written by this user, so that nothing can be trained into it: give rights there, "
            "or another --store."
        )


def as_json(report: Report) -> dict[str, Any]:
    """Returns the report as plain JSON values."""
    health = report.health
    return {
        "machine": report.machine,
        "versions": report.versions,
        "locked": report.locked,
        "lock": report.lock,
        "shape": report.shape.as_json(),
        "devices": [
            asdict(device) | {"surrogates": [asdict(one) | {"effective": one.effective} for one in device.surrogates]}
            for device in report.devices
        ],
        "store": {"folder": str(report.store)}
        | ({} if health is None else {name: _plain(value) for name, value in vars(health).items() if name != "root"}),
        "problems": list(report.problems),
        "failures": list(report.failures),
    }


def _plain(value: object) -> object:
    return [str(one) for one in value] if isinstance(value, tuple) else value


def counted(count: int, what: str) -> str:
    """Returns how many there are of something, e.g. ``"2 altered builds"``."""
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
