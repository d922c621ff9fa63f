"""Effects: whether a setting does what it says, told by what it changes, not by what is read back."""

from __future__ import annotations

import torch

_ELEMENTS = 4096


def effects_in_force(torch_device: str) -> dict[str, object]:
    """Returns what this process's settings are seen to do on a device.

    Args:
        torch_device: e.g. ``"cpu"`` or ``"cuda:0"``.

    Returns:
        ``deterministic_algorithms``: whether uninitialised memory is filled, as PyTorch does under deterministic
        algorithms only. ``full_float32_products``: whether a float32 product keeps a bit that TF32 and bfloat16 drop.
        ``cpu_capability``: the instruction set that ATen's kernels are taken from.
    """
    return {
        "deterministic_algorithms": _fills_memory(torch_device),
        "full_float32_products": _keeps_float32(torch_device),
        "cpu_capability": torch.backends.cpu.get_cpu_capability(),
    }


def _fills_memory(torch_device: str) -> bool:
    used = torch.ones(_ELEMENTS, dtype=torch.float64, device=torch_device)
    del used  # so that memory which is not filled is likely to hold ones
    return bool(torch.empty(_ELEMENTS, dtype=torch.float64, device=torch_device).isnan().all().item())


def _keeps_float32(torch_device: str) -> bool:
    # 12 bits after the leading one: TF32 keeps 10 and bfloat16 7.
    value = 1 + 2.0**-12
    left = torch.full((64, 64), value, dtype=torch.float32, device=torch_device)
    right = torch.eye(64, dtype=torch.float32, device=torch_device)
    return bool(((left @ right) == value).all().item())
