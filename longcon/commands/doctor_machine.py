"""What this machine computes like: its devices and every surrogate that it can be, told by fingerprints."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from longcon.builds.executor import TrainingShape
from longcon.builds.runner import Runner
from longcon.checks import settings_effective
from longcon.devices import DEFAULT_SURROGATES, Device, Surrogate, parse_devices, parse_surrogate
from longcon.errors import BuildError, DeviceError
from longcon.problems.gbm import CLASSES
from longcon.training import Recipe

# That of a validation without options, whose builds record the very numeric classes that are told here.
STANDARD_SHAPE = TrainingShape(features=5000, classes=len(CLASSES), recipe=Recipe(k=2))
# Everything that `longcon.devices` knows to emulate; `parse_surrogate` says what this processor can execute.
FORMS = (
    *(f"isa:{name}" for name in ("default", "avx2", "avx512")),
    *(f"mkl:{name}" for name in ("COMPATIBLE", "AUTO", "AVX2", "AVX512", "SSE4_2")),
    *(f"openblas:{name}" for name in ("Prescott", "Nehalem", "Sandybridge", "Haswell", "Zen", "SkylakeX")),
)


@dataclass(frozen=True)
class SurrogateFound:
    """What a surrogate does on its device.

    Attributes:
        name: e.g. ``"isa:default"``.
        default: whether it is taken on this device, or for a command, where none is named.
        training: whether it changes a bit of a training's arithmetic; None where that was not asked.
        commands: whether it changes a bit of what commands rest on; None where that was not asked.
        twin: the surrogate above it that computes alike, where there is one.
        fault: why it could not be tried, in a sentence.
    """

    name: str
    default: bool
    training: bool | None = None
    commands: bool | None = None
    twin: str | None = None
    fault: str | None = None

    @property
    def effective(self) -> bool:
        """Whether it changes anything."""
        return bool(self.training or self.commands)


@dataclass(frozen=True)
class DeviceFound:
    """A real device of this machine.

    Attributes:
        name: e.g. ``"cpu"``.
        numeric_class: digest of its fingerprint, as builds of it record it; None where none could be taken.
        hardware: what it is.
        effects: what the settings of a training process were seen to do.
        environment: the variables of that process that choose numeric kernels.
        faults: what is wrong with it, in sentences.
        surrogates: that apply to it.
    """

    name: str
    numeric_class: str | None
    hardware: Mapping[str, str]
    effects: Mapping[str, object]
    environment: Mapping[str, str]
    faults: tuple[str, ...]
    surrogates: tuple[SurrogateFound, ...]


_Taken = tuple[dict[str, Any] | None, dict[str, Any] | None, str | None]
"""Fingerprints for trainings and for commands, and why they could not be taken."""


def devices_found(
    forms: Sequence[str] = FORMS,
    shape: TrainingShape = STANDARD_SHAPE,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> tuple[DeviceFound, ...]:
    """Returns the devices of this machine with what each surrogate changes on it.

    Args:
        forms: surrogates to try besides the defaults of each device, as far as this processor can execute them.
        shape: of the probes.
        progress: told how many of how many environments were asked.
    """
    bases = parse_devices(["all"], ["none"])
    groups = [group for base in bases for group in _groups(base, forms)]
    taken: dict[Device, _Taken] = {}
    with ThreadPoolExecutor(max_workers=usable_cores()) as pool:
        for done, found in enumerate(pool.map(lambda group: _taken(group, shape), groups), start=1):
            taken |= found
            progress(done, len(groups))
    return tuple(
        _found(base, {device: found for device, found in taken.items() if device.torch_device == base.torch_device})
        for base in bases
    )


def usable_cores() -> int:
    """Returns how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def memory(limit: Path = Path("/sys/fs/cgroup/memory.max")) -> int:
    """Returns the bytes of memory that this machine has, or that its container may use.

    Args:
        limit: where a container's is told.
    """
    installed = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        allowed = limit.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return installed
    return min(installed, int(allowed)) if allowed.isdigit() else installed


def system() -> str:
    """Returns the operating system in words."""
    return f"{platform.system()} {platform.release()}, {platform.machine()}"


def _groups(base: Device, forms: Sequence[str]) -> list[list[Device]]:
    """Returns a device and those that it can emulate, together where they share the environment of a process."""
    groups: dict[tuple[tuple[str, str], ...], list[Device]] = {(): [base]}
    for surrogate in dict.fromkeys(filter(None, map(_surrogate, (*_defaults(base), *forms)))):
        if surrogate.applies_to(base.torch_device):
            variables = tuple(surrogate.environment.items())
            groups.setdefault(variables, []).append(Device(base.torch_device, surrogate))
    return list(groups.values())


def _surrogate(name: str) -> Surrogate | None:
    try:
        return parse_surrogate(name)
    except DeviceError:  # instructions that this processor lacks
        return None


def _defaults(base: Device) -> tuple[str, ...]:
    kind = base.torch_device.partition(":")[0]
    return DEFAULT_SURROGATES[kind] + (DEFAULT_SURROGATES["command"] if kind == "cpu" else ())


def _taken(group: Sequence[Device], shape: TrainingShape) -> dict[Device, _Taken]:
    """Takes fingerprints in one environment, whose process is ended at once: each fills its memory with libraries."""
    with closing(Runner()) as runner:
        return {device: _fingerprints(runner, device, shape) for device in group}


def _fingerprints(runner: Runner, device: Device, shape: TrainingShape) -> _Taken:
    surrogate = device.surrogate
    # numpy's and scipy's kernels train nothing; an order is none that a command could be told.
    trains = surrogate is None or surrogate.kind != "openblas"
    is_told = device.torch_device == "cpu" and (surrogate is None or not surrogate.reorders)
    try:
        training = runner.fingerprints(device, [shape])[0] if trains else None
        return training, runner.command_fingerprint(device) if is_told else None, None
    except BuildError as error:
        return None, None, str(error)


def _found(base: Device, taken: Mapping[Device, _Taken]) -> DeviceFound:
    training, commands, fault = taken[base]
    if training is None:
        return DeviceFound(base.name, None, {}, {}, {}, (fault or "",), ())
    surrogates: list[SurrogateFound] = []
    first: dict[tuple[str | None, ...], str] = {}
    for device, (own_training, own_commands, own_fault) in taken.items():
        if device.surrogate is None:
            continue
        name = device.surrogate.name
        classes = (_class(own_training), _class(own_commands))
        twin = None if own_fault else first.setdefault(classes, name)
        surrogates.append(
            SurrogateFound(
                name,
                name in _defaults(base),
                training=_differs(own_training, training),
                commands=_differs(own_commands, commands),
                twin=twin if twin != name else None,
                fault=own_fault,
            )
        )
    outcome = settings_effective([training], training, None)
    return DeviceFound(
        base.name,
        training["numeric_class"],
        training["hardware"],
        training["effects"],
        training["environment"],
        () if outcome.ok else (outcome.message,),
        tuple(surrogates),
    )


def _class(fingerprint: Mapping[str, Any] | None) -> str | None:
    return None if fingerprint is None else str(fingerprint["numeric_class"])


def _differs(own: Mapping[str, Any] | None, of_device: Mapping[str, Any] | None) -> bool | None:
    if own is None or of_device is None:
        return None
    return bool(own["numeric_class"] != of_device["numeric_class"])
