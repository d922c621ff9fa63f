"""Surrogate devices: what a second machine's arithmetic would show, on this one.

Each changes only the round-off: the instruction set of ATen's own kernels, the code branch of MKL, the processor that
OpenBLAS takes its kernels for, or the order in which sums are taken. Whether it changes anything on this machine is
measured by the fingerprint, never assumed.
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
_ISA_FLAGS: dict[str, str | None] = {"default": None, "avx2": "avx2", "avx512": "avx512_f"}
_MKL_BRANCHES = ("COMPATIBLE", "AUTO", "AVX2", "AVX512", "SSE4_2")
# OpenBLAS executes what it is told to, and the process dies of an illegal instruction where the processor lacks it. Its
# other names for x86-64 mean, in the wheels of numpy and scipy, one of these; so does Zen, which AMD's users look for.
_OPENBLAS_FLAGS: dict[str, str | None] = {
    "Prescott": None,
    "Nehalem": "sse4_2",
    "Sandybridge": "avx",
    "Haswell": "avx2",
    "Zen": "avx2",
    "SkylakeX": "avx512_f",
}
_FLAGS = {"isa": _ISA_FLAGS, "openblas": _OPENBLAS_FLAGS}
_FORMS = (
    *(f"isa:{name}" for name in _ISA_FLAGS),
    "mkl:COMPATIBLE",
    *(f"openblas:{name}" for name in _OPENBLAS_FLAGS),
    "order:1",
    "none",
)

# Present on every processor; where one changes no bit the run says so and does not count it. A command may rest on
# PyTorch, MKL or OpenBLAS; which one, longcon cannot know.
DEFAULT_SURROGATES = {
    "cpu": ("isa:default", "mkl:COMPATIBLE", "order:1"),
    "cuda": ("order:1", "order:2"),
    "command": ("isa:default", "mkl:COMPATIBLE", "openblas:Prescott"),
}


@dataclass(frozen=True)
class Surrogate:
    """One way of emulating another device.

    Attributes:
        kind: ``"isa"``, ``"mkl"``, ``"openblas"`` or ``"order"``.
        value: the instruction set, the branch, the processor, or the number of the permutation.
    """

    kind: str
    value: str

    @property
    def name(self) -> str:
        """The name as the user gives it, e.g. ``"isa:default"``."""
        return f"{self.kind}:{self.value}"

    @property
    def environment(self) -> dict[str, str]:
        """Variables that must be set before torch or numpy is imported."""
        if self.kind == "isa":
            return {"ATEN_CPU_CAPABILITY": self.value}
        if self.kind == "mkl":
            return {"MKL_CBWR": self.value}
        if self.kind == "openblas":
            return {"OPENBLAS_CORETYPE": self.value}
        return {}

    @property
    def instructions(self) -> str | None:
        """What a processor must be able to execute, as `torch.cpu.get_capabilities` names it; None for nothing."""
        return _FLAGS.get(self.kind, {}).get(self.value)

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
    needed = surrogate.instructions
    if needed and not torch.cpu.get_capabilities().get(needed, False):
        raise DeviceError(f"Surrogate '{text}' needs instructions that this processor lacks: give another one.")
    return surrogate


def named_surrogate(text: str) -> Surrogate:
    """Returns the surrogate that ``text`` names, whether or not this machine can emulate it.

    Raises:
        DeviceError: unknown.
    """
    kind, _, value = text.partition(":")
    if value in _FLAGS.get(kind, {}) or (kind == "mkl" and value in _MKL_BRANCHES):
        return Surrogate(kind, value)
    if kind == "order" and value.isascii() and value.isdigit() and int(value) >= 1:
        return Surrogate(kind, str(int(value)))
    hint = did_you_mean(text, _FORMS)
    raise DeviceError(
        f"Surrogate '{text}' is unknown{hint}: give isa:NAME, mkl:COMPATIBLE, openblas:NAME, order:N or none."
    )
