"""The lock: what is installed is held against it, with what PEP 440 and the packages themselves say."""

from __future__ import annotations

from pathlib import Path

import pytest

from longcon.lock import Lock, Package, packages, read_lock

ROOT = Path(__file__).parents[1]

FAULTS = [
    (Package("torch", "2.13.0", "2.13.0"), None),
    (Package("torch", "2.13.0+cu130", "2.13.0"), None),
    (Package("nvidia-cublas", "13.0.2.14", "13.0.*"), None),
    (Package("torch", "2.13.0", "2.13.0+cu130"), "torch is 2.13.0, not 2.13.0+cu130"),
    (Package("torch", "2.13.1", "2.13.0"), "torch is 2.13.1, not 2.13.0"),
    (Package("torch", "2.13.0rc1", "2.13.0"), "torch is 2.13.0rc1, not 2.13.0"),
    (Package("torch", None, "2.13.0"), "torch is not installed"),
    (Package("torch", "2.13.0", None), "torch 2.13.0 is not in the lock"),
]


@pytest.mark.parametrize(("package", "fault"), FAULTS, ids=str)
def test_a_package_is_held_against_its_pin(package: Package, fault: str | None) -> None:
    assert package.fault == fault


def test_the_lock_of_the_checkout_is_read() -> None:
    lock = read_lock()
    assert lock is not None
    assert lock.pins["torch"] == "2.13.0"
    assert lock.pins["jinja2"] == lock.pins.get("jinja2")
    found = {package.name: package for package in packages(lock)}
    assert {"torch", "numpy", "pytest", "pluggy", "sympy"} <= found.keys()


@pytest.mark.parametrize("text", ["torch>=2\n", "torch\n", "not a requirement at all\n", b"\xff\xfe"])
def test_a_lock_that_pins_nothing_is_none(tmp_path: Path, text: str | bytes) -> None:
    file = tmp_path / "constraints.txt"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    assert read_lock(file) is None
    assert read_lock(tmp_path / "absent.txt") is None


def test_what_needs_one_version_pins_it(tmp_path: Path) -> None:
    project = tmp_path / "pyproject.toml"
    project.write_text('[project]\ndependencies = ["numpy==0.1", "no-such-package>=1", "pytest"]\n')
    found = {package.name: package for package in packages(Lock(tmp_path / "c", "", {"numpy": "9.9"}), project)}
    assert found["numpy"].pin == "9.9"
    assert found["no-such-package"].fault == "no-such-package is not installed"
    assert (found["pluggy"].fault or "").endswith("is not in the lock")
    found = {package.name: package for package in packages(Lock(tmp_path / "c", "", {}), project)}
    assert found["numpy"].pin == "0.1"
