"""Devices: where a build is trained, real or emulated."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import torch

from longcon.devices.surrogate import DEFAULT_SURROGATES, Surrogate, named_surrogate, parse_surrogate
from longcon.errors import DeviceError, did_you_mean

# In place of a device: all those whose builds were imported. One of them is named with its site, cpu@site-b.
IMPORTED = "imported"
# One thread for each build: results then do not depend on how many builds run at once.
THREADS = 1
_FIXED = {
    "OMP_NUM_THREADS": str(THREADS),
    "MKL_NUM_THREADS": str(THREADS),
    "MKL_DYNAMIC": "FALSE",
    # Without it cuBLAS may choose among workspaces, and so among orders of summation.
    "CUBLAS_WORKSPACE_CONFIG": ":4096:8",
    "PYTHONHASHSEED": "0",
}
# Variables that choose numeric kernels: part of what a device is, so the fingerprint records them.
NUMERIC_VARIABLES = (
    "ATEN_CPU_CAPABILITY",
    "MKL_CBWR",
    "MKL_ENABLE_INSTRUCTIONS",
    "ONEDNN_MAX_CPU_ISA",
    "OPENBLAS_CORETYPE",
    "NPY_DISABLE_CPU_FEATURES",
    "NVIDIA_TF32_OVERRIDE",
    *_FIXED,
)


@dataclass(frozen=True)
class Device:
    """A torch device with its numeric environment.

    Attributes:
        torch_device: ``"cpu"`` or ``"cuda:N"``.
        surrogate: what is emulated on it; None for the device itself.
        origin: where its builds come from, when this run does not train them: a site, or ``"reference"``.
        site: which of a cluster's machines of the same kind it is, e.g. ``"xeon"``; empty without such.
    """

    torch_device: str
    surrogate: Surrogate | None = None
    origin: str = ""
    site: str = ""

    @property
    def name(self) -> str:
        """The name in reports, e.g. ``"cpu"``, ``"cpu@xeon+order:1"`` or ``"cuda:0@site-b"``."""
        return named_from(self.name_there, self.origin)

    @property
    def name_there(self) -> str:
        """The name where its builds were trained."""
        base = named_from(self.torch_device, self.site)
        return f"{base}+{self.surrogate.name}" if self.surrogate else base

    def is_another_computation(self, arithmetic: str) -> bool:
        """Whether it emulates no device in an arithmetic: portable sums have one order, and it takes another."""
        return arithmetic == "portable" and self.surrogate is not None and self.surrogate.reorders

    def process_environment(self) -> dict[str, str]:
        """Returns the whole environment of a process that trains on this device."""
        surrogate = self.surrogate.environment if self.surrogate else {}
        return {**os.environ, **_FIXED, **surrogate}


def named_from(name: str, origin: str) -> str:
    """Returns a device's name with where it is, e.g. ``"cpu@site-b"``; as it is for a device of this run."""
    return f"{name}@{origin}" if origin else name


def is_elsewhere(text: str) -> bool:
    """Whether ``text`` asks for devices that are not this machine's: imported builds', or a cluster's sites."""
    return text == IMPORTED or "@" in text


def device_elsewhere(name: str, origin: str) -> Device:
    """Returns the device that a build of another place or time names, whether or not this machine has the like.

    Raises:
        DeviceError: the name is that of no device.
    """
    base, _, surrogate = name.partition("+")
    torch_device, _, site = base.partition("@")
    require_device_name(torch_device)
    return Device(torch_device, named_surrogate(surrogate) if surrogate else None, origin, site)


def require_device_name(text: str) -> None:
    """Checks that ``text`` names one device, whether or not this machine has it.

    Raises:
        DeviceError: unknown.
    """
    kind, _, number = text.partition(":")
    is_gpu = kind == "cuda" and (text == "cuda" or (number.isascii() and number.isdigit()))
    if text != "cpu" and not is_gpu:
        hint = did_you_mean(text, ("cpu", "cuda", "all", IMPORTED))
        raise DeviceError(f"Device '{text}' is unknown{hint}: give cpu, cuda, cuda:N, all or {IMPORTED}.")


def parse_device(text: str) -> Device:
    """Returns the device of this machine that ``text`` names.

    Raises:
        DeviceError: unknown, or not on this machine.
    """
    require_device_name(text)
    if text == "cpu":
        return Device("cpu")
    number = text.partition(":")[2]
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if count == 0:
        raise DeviceError(
            f"Device '{text}' was asked for, but PyTorch {torch.__version__} finds no CUDA device on this machine: "
            "run on a machine with a GPU, or give --device=cpu."
        )
    index = int(number or 0)
    if index >= count:
        raise DeviceError(
            f"Device '{text}' was asked for, but this machine has {count}: give cuda:0 to cuda:{count - 1}."
        )
    return Device(f"cuda:{index}")


def parse_devices(names: Sequence[str], surrogates: Sequence[str], arithmetic: str = "native") -> tuple[Device, ...]:
    """Returns the devices to validate: every one named, followed by its surrogates.

    Args:
        names: ``cpu``, ``cuda``, ``cuda:N`` or ``all``; those of devices elsewhere are left out, since no builds are
            known here.
        surrogates: names of surrogates; empty for the defaults of each device, ``none`` for no surrogate.
        arithmetic: of the recipe; the defaults hold only surrogates that emulate a device in it.

    Raises:
        DeviceError: a name is unknown or not to be had here, or a surrogate applies to none of the devices.
    """
    if "all" in names:
        count = torch.cuda.device_count() if torch.cuda.is_available() else 0
        names = ["cpu", *(f"cuda:{index}" for index in range(count))]
    bases = list(dict.fromkeys(parse_device(name) for name in names if not is_elsewhere(name)))
    return with_surrogates(bases, surrogates, arithmetic, parse_surrogate)


def with_surrogates(
    bases: Sequence[Device], surrogates: Sequence[str], arithmetic: str, parse: Callable[[str], Surrogate]
) -> tuple[Device, ...]:
    """Returns devices, each followed by its surrogates.

    Args:
        bases: the devices themselves.
        surrogates: names of surrogates; empty for the defaults of each device, ``none`` for no surrogate.
        arithmetic: of the recipe; the defaults hold only surrogates that emulate a device in it.
        parse: returns the surrogate of a name.

    Raises:
        DeviceError: a name is unknown or not to be had, or a surrogate applies to none of the devices.
    """
    if "none" in surrogates and len(set(surrogates)) > 1:
        raise DeviceError("--surrogate=none was given beside other surrogates: give either none or their names.")
    chosen = [parse(text) for text in surrogates if text != "none"]
    for surrogate in chosen:
        if bases and not any(surrogate.applies_to(base.torch_device) for base in bases):
            raise DeviceError(
                f"Surrogate '{surrogate.name}' changes nothing on {bases[0].name}: give order:N for a GPU."
            )
    devices: list[Device] = []
    for base in bases:
        kind = base.torch_device.partition(":")[0]
        own = chosen if surrogates else [parse(text) for text in DEFAULT_SURROGATES[kind]]
        emulated = [replace(base, surrogate=s) for s in dict.fromkeys(own) if s.applies_to(base.torch_device)]
        devices.append(base)
        devices += [device for device in emulated if surrogates or not device.is_another_computation(arithmetic)]
    return tuple(devices)
