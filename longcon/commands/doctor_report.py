"""The doctor's report: what was found, what is wrong and what to do, as text and as data."""

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
from longcon.commands.doctor_machine import (
    STANDARD_SHAPE,
    DeviceFound,
    SurrogateFound,
    memory,
    system,
    usable_cores,
)
from longcon.lock import packages, read_lock
from longcon.source import code_version

_SHOWN = 16


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
            found.append(f"the store holds {_counted(len(self.health.altered), 'altered build')}")
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


def as_text(report: Report) -> str:
    """Returns the report for a reader, aligned, with what is wrong at the end."""
    recipe = report.shape.recipe
    lines = [
        "machine",
        *_table(
            [
                ("processor", str(report.machine["processor"])),
                ("cores", f"{report.machine['cores']} usable"),
                ("memory", _bytes(report.machine["memory"])),
                ("system", str(report.machine["system"])),
            ]
        ),
        "",
        "versions",
        *_table([(name, value[:_SHOWN] if name == "code" else value) for name, value in report.versions.items()]),
        f"  {report.lock}",
        "",
        f"devices, probed in the shapes of a validation without options: {report.shape.features:,} features, "
        f"{report.shape.classes} classes, k={recipe.k}, {recipe.dtype}",
        *(line for device in report.devices for line in _lines_of_device(device)),
        "",
        f"store {report.store}",
        *_lines_of_store(report.health),
    ]
    if report.problems:
        lines += ["", "to do", *(f"  {problem}" for problem in report.problems)]
    return "\n".join([*lines, "", _last(report)]) + "\n"


def _last(report: Report) -> str:
    if report.failures:
        return f"wrong: {'; '.join(report.failures)}"
    if report.problems:
        return f"nothing stands against a validation here; {_counted(len(report.problems), 'thing')} to do"
    return "nothing is wrong"


def _lines_of_device(device: DeviceFound) -> Iterator[str]:
    if device.numeric_class is None:
        yield from ("", f"  {device.name}: its fingerprint could not be taken")
        return
    effects, hardware = device.effects, device.hardware
    rows = [("numeric class", f"{device.numeric_class[:_SHOWN]}...")]
    if "gpu" in hardware:
        rows.append(("GPU", f"{hardware['gpu']}, compute capability {hardware['compute_capability']}"))
    rows += [
        ("kernels on the CPU", str(effects["cpu_capability"])),
        ("deterministic algorithms", _yes(effects["deterministic_algorithms"])),
        ("full float32 products", _yes(effects["full_float32_products"])),
        ("variables", " ".join(f"{name}={value}" for name, value in sorted(device.environment.items()))),
    ]
    yield from ("", f"  {device.name}", *_table(rows, indent=4))
    if device.surrogates:
        yield ""
        yield from _table([("surrogate", "trainings", "commands", ""), *map(_row, device.surrogates)], indent=4)


def _row(one: SurrogateFound) -> tuple[str, ...]:
    remarks = ["default"] if one.default else []
    if one.fault is not None:
        remarks.append("could not be tried")
    if one.effective and one.twin is not None:
        remarks.append(f"computes as {one.twin} does")
    return one.name, _effect(one.training), _effect(one.commands), ", ".join(remarks)


def _effect(changes: bool | None) -> str:
    return {True: "effective", False: "no effect", None: "-"}[changes]


def _lines_of_store(health: StoreHealth | None) -> list[str]:
    if health is None:
        return ["  no store there yet"]
    rows = [("builds", f"{health.sound} sound, {len(health.altered)} altered")]
    if health.under_way:
        rows.append(("under way", ", ".join(health.under_way)))
    rows += [
        ("unfinished", str(len(health.unfinished))),
        ("left over", str(len(health.staging))),
        ("size", f"{_bytes(health.size)}, and {_bytes(health.free)} free"),
        ("writable", _yes(health.writable)),
    ]
    return _table(rows)


def _table(rows: Sequence[tuple[str, ...]], indent: int = 2) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    return [f"{' ' * indent}{line}".rstrip() for line in lines]


def _bytes(count: int) -> str:
    for unit, size in (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)):
        if count >= size:
            return f"{count / size:,.1f} {unit}"
    return f"{count} bytes"


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _yes(value: object) -> str:
    return "yes" if value else "no"
