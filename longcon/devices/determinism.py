"""The settings that make a training deterministic in software (paper, Section IV-E), and what is in force."""

from __future__ import annotations

import os

import torch

from longcon.devices.device import NUMERIC_VARIABLES, THREADS

# What `settings_in_force` must report for a build to count; the release check compares with it.
REQUIRED_SETTINGS: dict[str, object] = {
    "deterministic_algorithms": True,
    "deterministic_warn_only": False,
    "cudnn_deterministic": True,
    "cudnn_benchmark": False,
    "tf32_matmul": False,
    "tf32_cudnn": False,
    "float32_matmul_precision": "highest",
    "threads": THREADS,
    "flush_denormal": False,
    "cublas_workspace": ":4096:8",
}


def enforce() -> None:
    """Switches every source of nondeterminism off that PyTorch lets one switch off."""
    torch.use_deterministic_algorithms(True, warn_only=False)
    torch.backends.cudnn.deterministic = True
    torch.backends.cudnn.benchmark = False
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    torch.set_float32_matmul_precision("highest")
    torch.set_num_threads(THREADS)
    torch.set_flush_denormal(False)


def settings_in_force() -> dict[str, object]:
    """Returns the settings of this process as PyTorch reports them, in the form of `REQUIRED_SETTINGS`."""
    # Denormals are flushed when half the smallest normal number is 0.
    smallest = torch.tensor([torch.finfo(torch.float64).tiny], dtype=torch.float64)
    return {
        "deterministic_algorithms": torch.are_deterministic_algorithms_enabled(),
        "deterministic_warn_only": torch.is_deterministic_algorithms_warn_only_enabled(),
        "cudnn_deterministic": torch.backends.cudnn.deterministic,
        "cudnn_benchmark": torch.backends.cudnn.benchmark,
        "tf32_matmul": torch.backends.cuda.matmul.allow_tf32,
        "tf32_cudnn": torch.backends.cudnn.allow_tf32,
        "float32_matmul_precision": torch.get_float32_matmul_precision(),
        "threads": torch.get_num_threads(),
        "flush_denormal": bool((smallest * 0.5 == 0).item()),
        "cublas_workspace": os.environ.get("CUBLAS_WORKSPACE_CONFIG"),
    }


def numeric_environment() -> dict[str, str]:
    """Returns the variables of this process that choose numeric kernels."""
    return {name: os.environ[name] for name in NUMERIC_VARIABLES if name in os.environ}
