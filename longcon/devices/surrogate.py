"""Surrogate devices: what a second machine's arithmetic would show, on this one.

Each changes only the round-off: the instruction set of ATen's own kernels, the code branch of MKL, or the order in
which sums are taken. Whether it changes anything on this machine is measured by the fingerprint, never assumed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from longcon.draws import Draws
from longcon.errors import DeviceError, did_you_mean

# ATen's names, in the order in which the instruction sets contain each other, with the processor's flag for each.
_ISA_FLAGS = {"default": None, "avx2": "avx2", "avx512": "avx512_f"}
_MKL_BRANCHES = ("COMPATIBLE", "AUTO", "AVX2", "AVX512", "SSE4_2")
_FORMS = ("isa:default", "isa:avx2", "isa:avx512", "mkl:COMPATIBLE", "order:1", "none")

# Present on every processor; where one changes no bit the run says so and does not count it.
DEFAULT_SURROGATES = {"cpu": ("isa:default", "mkl:COMPATIBLE", "order:1"), "cuda": ("order:1", "order:2")}


@dataclass(frozen=True)
class Surrogate:
    """One way of emulating another device.

    Attributes:
        kind: ``"isa"``, ``"mkl"`` or ``"order"``.
        value: the instruction set, the branch, or the number of the permutation.
    """

    kind: str
    value: str

    @property
    def name(self) -> str:
        """The name as the user gives it, e.g. ``"isa:default"``."""
        return f"{self.kind}:{self.value}"

    @property
    def environment(self) -> dict[str, str]:
        """Variables that must be set before torch is imported."""
        if self.kind == "isa":
            return {"ATEN_CPU_CAPABILITY": self.value}
        if self.kind == "mkl":
            return {"MKL_CBWR": self.value}
        return {}

    @property
    def reorders(self) -> bool:
        """Whether it permutes the order in which sums are taken."""
        return self.kind == "order"

    def applies_to(self, torch_device: str) -> bool:
        """Whether it can change anything on a device such as ``"cpu"`` or ``"cuda:0"``."""
        return self.reorders or torch_device == "cpu"

    def orders(self, sizes: Sequence[int]) -> tuple[NDArray[np.int64], ...]:
        """Returns one permutation for each size: the features first, then each hidden layer's units."""
        draws = Draws(int(self.value), "order of sums")
        return tuple(draws.permutation(size) for size in sizes)


def parse_surrogate(text: str) -> Surrogate:
    """Returns the surrogate that ``text`` names.

    Raises:
        DeviceError: unknown, or beyond what this machine's processor can execute.
    """
    surrogate = named_surrogate(text)
    flag = _ISA_FLAGS[surrogate.value] if surrogate.kind == "isa" else None
    if flag and not torch.cpu.get_capabilities().get(flag, False):
        raise DeviceError(f"Surrogate '{text}' needs instructions that this processor lacks: give another one.")
    return surrogate


def named_surrogate(text: str) -> Surrogate:
    """Returns the surrogate that ``text`` names, whether or not this machine can emulate it.

    Raises:
        DeviceError: unknown.
    """
    kind, _, value = text.partition(":")
    if (kind == "isa" and value in _ISA_FLAGS) or (kind == "mkl" and value in _MKL_BRANCHES):
        return Surrogate(kind, value)
    if kind == "order" and value.isascii() and value.isdigit() and int(value) >= 1:
        return Surrogate(kind, str(int(value)))
    hint = did_you_mean(text, _FORMS)
    raise DeviceError(f"Surrogate '{text}' is unknown{hint}: give isa:NAME, mkl:COMPATIBLE, order:N or none.")
