"""Environments that are wrong: settings, kernels, locks and devices that are not what they say."""

from __future__ import annotations

import json
import math
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

from longcon.builds.executor import TrainingShape
from longcon.builds.runner import Runner
from longcon.checks import (
    controls_come_out,
    devices_differ,
    environment_locked,
    measures_correct,
    settings_effective,
    settings_in_force,
)
from longcon.devices import Device
from longcon.lock import packages, read_lock
from longcon.protocol import Limits
from longcon.training import Recipe
from tests.planted.bench import ORDER, Bench, altered
from tests.planted.defect import Defect, Found, decided
from tests.small_store import ROOT

_SHAPE = TrainingShape(60, 7, Recipe(k=2))


def _measured_under(environment: Mapping[str, str]) -> dict[str, Any]:
    """Returns the fingerprint of the CPU from a process started in an environment."""
    with mock.patch.dict(os.environ, environment):
        (taken,) = Runner().fingerprints(Device("cpu"), [_SHAPE])
    return dict(taken)


def _kernels_ignored(_: Bench) -> Found:
    taken = _measured_under({"ATEN_CPU_CAPABILITY": "vsx"})
    found = decided("LC-IQ-04", lambda: settings_effective([taken], taken, None))
    # Which kernels stand in is the machine's.
    return Found(found.by, tuple(text.replace(str(taken["effects"]["cpu_capability"]), "OWN") for text in found.told))


def _branch_ignored(bench: Bench) -> Found:
    compatible = bench.true().manifest["fingerprint"]
    taken = {**compatible, "environment": {**compatible["environment"], "MKL_CBWR": "SSE4_2"}}
    return decided("LC-IQ-04", lambda: settings_effective([taken], taken, compatible))


def _memory_not_filled(bench: Bench) -> Found:
    taken = json.loads(json.dumps(bench.true().manifest["fingerprint"]))
    taken["effects"] |= {"deterministic_algorithms": False, "full_float32_products": False}
    return decided("LC-IQ-04", lambda: settings_effective([taken], taken, None))


def _settings(bench: Bench, change: Callable[[dict[str, Any]], None]) -> Found:
    second = altered(bench.copy(replicate=2), manifest=lambda told: change(told["settings"]))
    return decided("LC-IQ-01", lambda: settings_in_force(bench.true(), second))


def _threads(bench: Bench) -> Found:
    return _settings(bench, lambda settings: settings.update(threads=8))


def _setting_not_read(bench: Bench) -> Found:
    return _settings(bench, lambda settings: settings.pop("deterministic_algorithms"))


def _one_device_twice(bench: Bench) -> Found:
    own = bench.true().manifest["fingerprint"]
    return decided("LC-IQ-02", lambda: devices_differ(2, own, [{**own, "device": ORDER}]))


def _no_other_device(bench: Bench) -> Found:
    return decided("LC-IQ-02", lambda: devices_differ(2, bench.true().manifest["fingerprint"], []))


def _locked(bench: Bench, old: str, new: str) -> Found:
    text = (ROOT / "constraints.txt").read_text()
    line = next(line for line in text.splitlines() if line.startswith(old))
    (bench.place / "constraints.txt").write_text(text.replace(line, new))
    lock = read_lock(bench.place / "constraints.txt")
    return decided("LC-IQ-03", lambda: environment_locked(lock, packages(lock) if lock else ()))


def _another_version(bench: Bench) -> Found:
    return _locked(bench, "numpy==", "numpy==1.26.4")


def _not_in_the_lock(bench: Bench) -> Found:
    return _locked(bench, "scipy==", "")


def _no_exact_version(bench: Bench) -> Found:
    return _locked(bench, "numpy==", "numpy>=2")


def _not_installed(bench: Bench) -> Found:
    lock = read_lock(Path(shutil.copy(ROOT / "constraints.txt", bench.place)))
    assert lock
    found = [replace(entry, version=None) if entry.name == "scipy" else entry for entry in packages(lock)]
    return decided("LC-IQ-03", lambda: environment_locked(lock, found))


def _naive_sine(a: np.ndarray, b: np.ndarray) -> float:
    lengths = [math.sqrt(math.fsum(vector * vector)) for vector in (a, b)]
    cosine = math.fsum(a * b) / (lengths[0] * lengths[1])
    return math.sqrt(max(0.0, 1 - cosine * cosine))


def _wrong_measure(_: Bench) -> Found:
    with mock.patch("longcon.checks.reference_cases.vector_sine", _naive_sine):
        return decided("LC-OQ-05", measures_correct)


def _broken_measure(_: Bench) -> Found:
    with mock.patch("longcon.checks.reference_cases.upper_bound", side_effect=ValueError("no such quantile")):
        return decided("LC-OQ-05", measures_correct)


def _no_reference_case(_: Bench) -> Found:
    return decided("LC-OQ-05", lambda: measures_correct(()))


def _limits_that_nothing_exceeds(bench: Bench) -> Found:
    limits = Limits(sine_tolerance=1.0)
    return decided("LC-OQ-06", lambda: controls_come_out(bench.true(), bench.epoch, bench.tau, bench.data, limits))


_LACKS = "likely cause: this processor or build of PyTorch lacks it; name a device or surrogate it has."
_NOT_LOCKED = (
    "Likely cause: installed without the lock; run pip install --constraint constraints.txt --editable . in a new "
    "environment, or commit the versions to be validated."
)
_SECOND = "k=2 float64 on cpu, replicate 2"
_OTHER_VERSION = "Likely cause: another version of numpy, scipy or longcon than was tested."

DEFECTS = (
    Defect(
        "an instruction set that is ignored",
        "ATEN_CPU_CAPABILITY=vsx in the training process's environment",
        _kernels_ignored,
        "LC-IQ-04",
        f"cpu: ATEN_CPU_CAPABILITY=vsx was ignored, PyTorch's kernels are those of OWN; {_LACKS}",
    ),
    Defect(
        "a branch of MKL that is ignored",
        "MKL_CBWR=SSE4_2 in a fingerprint with the bits of COMPATIBLE",
        _branch_ignored,
        "LC-IQ-04",
        f"cpu: MKL_CBWR=SSE4_2 was ignored, all probes have the bits of MKL_CBWR=COMPATIBLE; {_LACKS}",
    ),
    Defect(
        "settings without effect",
        "the effects in a fingerprint",
        _memory_not_filled,
        "LC-IQ-04",
        "cpu: deterministic algorithms are switched on, yet uninitialised memory was not filled; full float32 products "
        f"were asked for, yet a product was rounded to fewer bits; {_LACKS}",
    ),
    Defect(
        "eight threads",
        "the settings that a replicate's process read back",
        _threads,
        "LC-IQ-01",
        f"{_SECOND}: threads was 8, not 1; retrain with --fresh where nothing overrides these settings.",
    ),
    Defect(
        "a setting that nobody read back",
        "the settings of a replicate's process",
        _setting_not_read,
        "LC-IQ-01",
        f"{_SECOND}: deterministic_algorithms was None, not True; retrain with --fresh where nothing overrides these "
        "settings.",
    ),
    Defect(
        "an ineffective surrogate alone",
        "the second device: the first one's fingerprint under another name",
        _one_device_twice,
        "LC-IQ-02",
        "k=2, devices beside cpu: cpu+order:1 change no bit of any probe on this machine, so nothing was "
        "compared; give "
        "a second --device or other surrogates, such as --surrogate=order:1.",
    ),
    Defect(
        "no second device",
        "the devices of the run",
        _no_other_device,
        "LC-IQ-02",
        "k=2, devices beside cpu: there is none, so nothing was compared; give a second --device or a --surrogate.",
    ),
    Defect(
        "a lock that differs from what is installed",
        "numpy's line in constraints.txt",
        _another_version,
        "LC-IQ-03",
        f"installed packages: {{number}} of {{number}} are those of constraints.txt; numpy is {np.__version__}, not "
        f"1.26.4. {_NOT_LOCKED}",
    ),
    Defect(
        "a package that the lock does not pin",
        "constraints.txt: no line of scipy",
        _not_in_the_lock,
        "LC-IQ-03",
        "installed packages: {number} of {number} are those of constraints.txt; scipy {version} is not in the lock. "
        f"{_NOT_LOCKED}",
    ),
    Defect(
        "a lock that pins nothing",
        "numpy's line in constraints.txt: any version from 2 on",
        _no_exact_version,
        "LC-IQ-03",
        "installed packages: constraints.txt of the checkout is missing or pins no exact versions, so there is nothing "
        "to hold them against; restore it from the commit.",
    ),
    Defect(
        "a package that is not installed",
        "scipy",
        _not_installed,
        "LC-IQ-03",
        "installed packages: {number} of {number} are those of constraints.txt; scipy is not installed. "
        f"{_NOT_LOCKED}",
    ),
    Defect(
        "a measure that loses half its digits",
        "the vector sine, by the root of 1 - cos^2",
        _wrong_measure,
        "LC-OQ-05",
        "measures on reference cases: 15 of 17 give the known result; vector sine of a vector with itself is "
        "1.4901161193847656e-08, not 0.0 (definition); vector sine of vectors 1e-14 apart is 0.0, not "
        f"1.0 (the angle's own sine, which sqrt(1 - cos^2) cannot see). {_OTHER_VERSION}",
    ),
    Defect(
        "a measure that breaks",
        "the exact bound, by an error of its library",
        _broken_measure,
        "LC-OQ-05",
        "measures on reference cases: 15 of 17 give the known result; upper 95% bound of 0 in 149 ended in ValueError "
        "(no such quantile); upper 95% bound of 0 in 0 ended in ValueError (no such quantile). " + _OTHER_VERSION,
    ),
    Defect(
        "no reference case",
        "the table of reference cases: empty",
        _no_reference_case,
        "LC-OQ-05",
        "measures on reference cases: 0 of 0 give the known result.",
    ),
    Defect(
        "limits that nothing exceeds",
        "a sine tolerance of 1",
        _limits_that_nothing_exceeds,
        "LC-OQ-06",
        "k=2 float64 on cpu, replicate 1, controls: 4 of 5 planted defects were caught, 4 of 4 unaltered copies "
        "passed; "
        "wrong: parameters turned beyond the tolerance passed. Likely cause: limits that nothing can exceed, or "
        "too few "
        "conclusive cases.",
    ),
)
