"""The builds that were compared, and the devices that made them."""

from __future__ import annotations

import hashlib
from typing import Any

from longcon.builds import Build
from longcon.devices import Device
from reports.record.run import Run


def builds_of(run: Run) -> list[dict[str, Any]]:
    """Returns every build that was compared, with the digests of its files, by k, device and replicate."""
    names = [device.name for device in run.settings.devices]
    ordered = sorted(run.builds, key=lambda build: (_k(build), _position(build.device, names), build.replicate))
    return [_build(build, run.settings.devices[0]) for build in ordered]


def devices_of(run: Run) -> list[dict[str, Any]]:
    """Returns every device of the run with its fingerprint for each k, as its builds recorded it."""
    return [_device(device, run) for device in run.settings.devices]


def _k(build: Build) -> int:
    return int(build.request["recipe"]["k"])


def _position(name: str, names: list[str]) -> int:
    return names.index(name) if name in names else len(names)


def _build(build: Build, original: Device) -> dict[str, Any]:
    manifest = build.folder / "manifest.json"
    return {
        "key": build.folder.name,
        "title": build.title,
        "k": _k(build),
        "device": build.device,
        "origin": build.origin,
        "replicate": build.replicate,
        "original": (build.device, build.replicate) == (original.name, 1),
        "request": build.request,
        "best_epoch": build.best_epoch,
        "epochs_kept": list(build.epochs),
        "started": build.manifest["started"],
        "seconds": float(build.manifest["seconds"]),
        "run": build.manifest["run"],
        "settings": dict(build.manifest["settings"]),
        "manifest_sha256": hashlib.sha256(manifest.read_bytes()).hexdigest(),
        "files": dict(build.manifest["files"]),
    }


def _device(device: Device, run: Run) -> dict[str, Any]:
    found = {k: run.build(device, k) for k in run.settings.ks}
    return {
        "name": device.name,
        "torch_device": device.torch_device,
        "surrogate": device.surrogate.name if device.surrogate else None,
        "original": device == run.settings.devices[0],
        "another_computation": device.is_another_computation(run.settings.arithmetic),
        "fingerprints": [
            {"k": k, "effective": _is_effective(build, run.original(k)), **build.manifest["fingerprint"]}
            for k, build in found.items()
            if build is not None
        ],
    }


def _is_effective(build: Build, original: Build | None) -> bool | None:
    """Whether a device computes otherwise than the original's; None where that can't be told."""
    if original is None or build.device == original.device:
        return None
    return build.numeric_class != original.numeric_class
