"""What must be the same on a worker as here, since a build's bits depend on it, or since Dask cannot talk otherwise."""

from __future__ import annotations

import ast
import contextlib
from collections.abc import Mapping
from typing import Any

from packaging.version import InvalidVersion, Version

from longcon.builds.cluster.offers import Worker

# What trains, then what Dask needs to be alike at both ends.
PACKAGES = ("python", "torch", "numpy", "numba", "dask", "distributed", "cloudpickle", "msgpack")
_OF_THE_SCHEDULER = ("dask", "distributed")


def scheduler_fault(address: str, own: Mapping[str, Any], theirs: Mapping[str, Any]) -> str | None:
    """Returns what is wrong with the versions of a scheduler, in one sentence; None if nothing is.

    Args:
        address: of the scheduler.
        own: versions by package in this process.
        theirs: likewise in the scheduler's.
    """
    return _differences(f"The scheduler at {address}", own, theirs, _OF_THE_SCHEDULER)


def version_fault(worker: Worker, own: Mapping[str, Any], theirs: Mapping[str, Any]) -> str | None:
    """Returns what is wrong with the versions of a worker, in one sentence; None if nothing is."""
    return _differences(f"Worker {worker.label}", own, theirs, PACKAGES)


def code_fault(worker: Worker, own: str, theirs: str) -> str | None:
    """Returns that a worker runs other code of longcon's than this process; None if it runs the same."""
    if own == theirs:
        return None
    return (
        f"Worker {worker.label} runs other code of longcon ({theirs[:8]}, not {own[:8]}): install this one there, and "
        "start the worker again."
    )


def device_fault(worker: Worker, torch: str, gpus: int) -> str | None:
    """Returns that a worker offers a GPU which it has not; None if it has what it offers.

    Args:
        worker: as it offers devices.
        torch: the version of PyTorch there.
        gpus: how many GPUs that finds there.
    """
    for device, resource in worker.devices.items():
        if device.torch_device == "cpu" or int(device.torch_device.partition(":")[2]) < gpus:
            continue
        found = f"{gpus} GPU" if gpus else "no GPU"
        return (
            f"Worker {worker.label} offers '{resource}', but PyTorch {torch} finds {found} there: start it with the "
            "resources that it has."
        )
    return None


def silence_fault(worker: Worker, raised: object) -> str:
    """Returns what is wrong with a worker that could not answer, mostly since it has no longcon or a very old one.

    Args:
        worker: that was asked.
        raised: the exception; where the scheduler cannot read it, one of its own whose text is how it would be written.
    """
    text = str(raised) if type(raised) is Exception else repr(raised)
    kind, _, arguments = text.partition("(")
    if kind not in ("ModuleNotFoundError", "ImportError", "AttributeError"):
        return f"Worker {worker.label} did not answer ({text}): start it again."
    with contextlib.suppress(ValueError, SyntaxError):
        text = str(ast.literal_eval(arguments.removesuffix(")")))
    return (
        f"Worker {worker.label} cannot import this longcon ({text}): install it there, into the environment that the "
        "worker is started from."
    )


def _differences(who: str, own: Mapping[str, Any], theirs: Mapping[str, Any], packages: tuple[str, ...]) -> str | None:
    apart = [name for name in packages if _public(own.get(name)) != _public(theirs.get(name))]
    if not apart:
        return None
    there, here = (_listed(versions, apart) for versions in (theirs, own))
    return f"{who} has {there}, and this machine {here}: install the same in both places."


def _listed(versions: Mapping[str, Any], names: list[str]) -> str:
    *first, last = [f"{name} {_shown(versions.get(name))}" if versions.get(name) else f"no {name}" for name in names]
    return f"{', '.join(first)} and {last}" if first else last


def _public(version: str | None) -> str | None:
    """Returns a version as PEP 440 compares it: what was built for some device, such as ``+cu130``, is that version."""
    try:
        return None if version is None else Version(version).public
    except InvalidVersion:
        return version


def _shown(version: str | None) -> str:
    # Python's own is told with its release level.
    return str(version).removesuffix(".final.0")
