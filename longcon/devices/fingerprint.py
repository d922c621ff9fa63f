"""Fingerprints: which arithmetic a device does, told by the bits of probe computations.

The name of a processor does not predict its results; the results do. Two devices whose probes agree in every bit are
one numeric class, and their agreement is no evidence that a rebuild elsewhere agrees.
"""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from longcon.devices.determinism import numeric_environment
from longcon.devices.device import Device
from longcon.devices.effects import effects_in_force
from longcon.draws import Draws


@dataclass(frozen=True)
class ProbeShape:
    """The shapes in use: the probes multiply matrices as large as those of the training.

    Attributes:
        features: width of the input.
        widths: units of the hidden layers.
        classes: number of classes.
        k: cases in a minibatch.
        dtype: ``"float64"`` or ``"float32"``.
    """

    features: int
    widths: tuple[int, ...]
    classes: int
    k: int
    dtype: str


@dataclass(frozen=True)
class Fingerprint:
    """What identifies a device's arithmetic.

    Attributes:
        device: name of the device.
        probes: digest of each probe's bits.
        software: versions of what computes.
        hardware: processor or GPU, for information.
        environment: variables that choose numeric kernels.
        effects: what the settings of the process are seen to do; see `effects_in_force`.
    """

    device: str
    probes: Mapping[str, str]
    software: Mapping[str, str]
    hardware: Mapping[str, str]
    environment: Mapping[str, str]
    effects: Mapping[str, object]

    @property
    def numeric_class(self) -> str:
        """Digest of the probes: equal for devices that compute alike."""
        return hashlib.sha256(json.dumps(dict(self.probes), sort_keys=True).encode()).hexdigest()

    def as_json(self) -> dict[str, object]:
        """Returns the fingerprint as plain JSON values."""
        return asdict(self) | {"numeric_class": self.numeric_class}


def take_fingerprint(
    device: Device,
    shape: ProbeShape,
    own: Mapping[str, Tensor] | None = None,
    digests: Mapping[str, str] | None = None,
) -> Fingerprint:
    """Returns the fingerprint of ``device``, computed in this process.

    The process must have been started with the device's own environment.

    Args:
        device: whose.
        shape: of the probes.
        own: results, computed here too, that belong to the probes: those of the classifier's own training.
        digests: of further probes, taken here too.
    """
    probes = {name: _digest(result) for name, result in {**_probe(device, shape), **(own or {})}.items()}
    probes |= digests or {}
    return Fingerprint(
        device.name,
        probes,
        _software(),
        _hardware(device.torch_device),
        numeric_environment(),
        effects_in_force(device.torch_device),
    )


def _digest(result: Tensor) -> str:
    return hashlib.sha256(result.detach().cpu().contiguous().numpy().tobytes()).hexdigest()[:16]


def _probe(device: Device, shape: ProbeShape) -> dict[str, Tensor]:
    draws = Draws(0, "fingerprint")
    target, dtype = torch.device(device.torch_device), getattr(torch, shape.dtype)

    def drawn(*size: int) -> Tensor:
        # A draw has twenty bits, and in float64 sums of products of such are exact in any order; a third of it has all.
        return torch.from_numpy(draws.normal(*size) / 3.0).to(dtype).to(target)

    sizes = (shape.features, *shape.widths)
    orders = device.surrogate.orders(sizes) if device.surrogate and device.surrogate.reorders else None
    results = _layer_probes(drawn, shape, _on(target, orders or [np.arange(size) for size in sizes]))
    values = drawn(4096)
    sums = drawn(shape.features)
    results["sum"] = (sums[torch.from_numpy(orders[0]).to(target)] if orders else sums).sum()
    results |= {"exp": values.exp(), "log": values.abs().log(), "sqrt": values.abs().sqrt(), "divide": 1.0 / values}
    return results


def _on(target: torch.device, orders: Sequence[np.ndarray]) -> list[Tensor]:
    return [torch.from_numpy(order).to(target) for order in orders]


def _layer_probes(drawn: Callable[..., Tensor], shape: ProbeShape, orders: list[Tensor]) -> dict[str, Tensor]:
    """Products, layer normalisations and softmax, forward and backward; results in natural order."""
    results: dict[str, Tensor] = {}
    widths = (shape.features, *shape.widths, shape.classes)
    for layer, (incoming, outgoing) in enumerate(pairwise(widths)):
        columns = orders[layer]
        weight = (drawn(outgoing, incoming) / incoming**0.5)[:, columns].contiguous()
        for rows in (shape.k, 64):
            inputs = drawn(rows, incoming)[:, columns].contiguous()
            results[f"product {layer} of {rows}"] = functional.linear(inputs, weight)
        gradient = drawn(shape.k, outgoing)
        results[f"gradient {layer}"] = (gradient.T @ drawn(shape.k, incoming)).contiguous()
        if layer > 0:
            results[f"backward {layer}"] = (gradient @ weight)[:, torch.argsort(columns)].contiguous()
            inputs = drawn(shape.k, incoming)[:, columns].contiguous().requires_grad_()
            normal = functional.layer_norm(inputs, (incoming,))
            (back,) = torch.autograd.grad((normal * normal * normal).sum(), inputs)
            results[f"normalisation {layer}"] = normal[:, torch.argsort(columns)]
            results[f"normalisation backward {layer}"] = back[:, torch.argsort(columns)]
    results["softmax"] = torch.softmax(drawn(64, shape.classes), dim=1)
    results["log softmax"] = torch.log_softmax(drawn(64, shape.classes), dim=1)
    return results


def _software() -> dict[str, str]:
    # numba compiles portable arithmetic; its version is read without the time that importing it takes.
    versions = {"torch": torch.__version__, "numpy": np.__version__, "numba": version("numba")}
    return {"python": platform.python_version(), **versions}


def _hardware(torch_device: str) -> dict[str, str]:
    facts = {
        "machine": platform.machine(),
        "system": f"{platform.system()} {platform.release()}",
        "processor": _processor_name(),
        "cpu_capability": torch.backends.cpu.get_cpu_capability(),
    }
    if torch_device.startswith("cuda"):
        gpu = torch.cuda.get_device_properties(torch_device)
        facts |= {
            "gpu": gpu.name,
            "compute_capability": f"{gpu.major}.{gpu.minor}",
            "multiprocessors": str(gpu.multi_processor_count),
            "cuda": str(torch.version.cuda),
            "cudnn": str(torch.backends.cudnn.version()),  # type: ignore[no-untyped-call]
        }
        driver = Path("/proc/driver/nvidia/version")
        if driver.is_file():
            facts["driver"] = driver.read_text(encoding="utf-8", errors="replace").splitlines()[0]
    return facts


def _processor_name() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        for line in cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or "unknown"
