"""The lock: the exact versions that longcon is tested with, and those that are installed."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

_ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Lock:
    """Pinned versions.

    Attributes:
        file: that holds them.
        digest: SHA-256 of the file's bytes.
        pins: version by normalised name.
    """

    file: Path
    digest: str
    pins: dict[str, str]


@dataclass(frozen=True)
class Package:
    """A package that longcon needs, or that the lock pins.

    Attributes:
        name: normalised.
        version: that is installed; None if it is not.
        pin: the version that it must have; None if nothing says it.
    """

    name: str
    version: str | None
    pin: str | None

    @property
    def fault(self) -> str | None:
        """What differs, in a few words; None if nothing does.

        A build of the pinned version for some device, such as ``+cu130``, is that version (PEP 440).
        """
        if self.version is None:
            return f"{self.name} is not installed"
        if self.pin is None:
            return f"{self.name} {self.version} is not in the lock"
        is_pinned = SpecifierSet(f"=={self.pin}").contains(self.version, prereleases=True)
        return None if is_pinned else f"{self.name} is {self.version}, not {self.pin}"


def read_lock(file: Path = _ROOT / "constraints.txt") -> Lock | None:
    """Returns the lock of the checkout; None where there is none, or where a line of it pins nothing."""
    try:
        content = file.read_bytes()
        lines = [line.partition("#")[0].strip() for line in content.decode("utf-8").splitlines()]
        pins = dict(_pin(line) for line in lines if line)
    except (OSError, UnicodeDecodeError, InvalidRequirement, ValueError):
        return None
    return Lock(file, sha256(content).hexdigest(), pins)


def packages(lock: Lock, project: Path = _ROOT / "pyproject.toml") -> tuple[Package, ...]:
    """Returns everything that longcon needs, as it is installed, and what the lock pins besides.

    What a package needs in exactly one version is pinned by that package: so torch pins the CUDA libraries that its GPU
    builds bring.

    Args:
        lock: of the checkout.
        project: names what longcon needs; what that needs in turn is looked up in what is installed.
    """
    needed = tomllib.loads(project.read_text(encoding="utf-8"))["project"]["dependencies"]
    waiting = [Requirement(text) for text in needed]
    found: dict[str, Package] = {}
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        requirement = waiting.pop(0)
        name, extras = canonicalize_name(requirement.name), frozenset(requirement.extras)
        if (name, extras) in seen:
            continue
        seen.add((name, extras))
        pin = lock.pins.get(name) or _one_version(requirement)
        found[name] = Package(name, _version(name), pin or (found[name].pin if name in found else None))
        waiting += _needs(name, extras)
    for locked, pin in lock.pins.items():
        if locked not in found and (version := _version(locked)) is not None:
            found[locked] = Package(locked, version, pin)
    return tuple(found[name] for name in sorted(found))


def _one_version(requirement: Requirement) -> str | None:
    pins = [entry.version for entry in requirement.specifier if entry.operator == "=="]
    return pins[0] if pins else None


def _pin(line: str) -> tuple[str, str]:
    requirement = Requirement(line)
    (pin,) = requirement.specifier
    if pin.operator != "==":
        raise ValueError
    return canonicalize_name(requirement.name), pin.version


def _version(name: str) -> str | None:
    try:
        return distribution(name).version
    except PackageNotFoundError:
        return None


def _needs(name: str, extras: frozenset[str]) -> Iterator[Requirement]:
    try:
        texts = distribution(name).requires or []
    except PackageNotFoundError:
        return
    for requirement in map(Requirement, texts):
        marker = requirement.marker
        if marker is None or any(marker.evaluate({"extra": extra}) for extra in extras or {""}):
            yield requirement
