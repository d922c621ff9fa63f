"""Whether builds were trained as they should be, on devices whose agreement means something."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from longcon.builds import Build
from longcon.checks.outcome import Outcome
from longcon.devices import REQUIRED_SETTINGS


def settings_in_force(*builds: Build) -> Outcome:
    """Decides LC-IQ-01: the settings that each training process read back are the required ones (Section IV-E).

    Args:
        builds: a device's replicates; the first with a wrong setting is the one that is judged.
    """
    build = next((build for build in builds if _wrong_settings(build)), builds[0])
    found, wrong = build.manifest["settings"], _wrong_settings(build)
    if not wrong:
        titles = " and ".join(build.title for build in builds)
        message = f"{titles}: all {len(REQUIRED_SETTINGS)} deterministic settings were in force."
    else:
        said = "; ".join(f"{name} was {value!r}, not {REQUIRED_SETTINGS[name]!r}" for name, value in wrong.items())
        message = f"{build.title}: {said}; retrain with --fresh where nothing overrides these settings."
    return Outcome(
        "LC-IQ-01",
        build.title,
        not wrong,
        len(wrong),
        0,
        "wrong settings",
        len(REQUIRED_SETTINGS),
        message,
        details={"settings": dict(found), "fingerprint": dict(build.manifest["fingerprint"])},
    )


def _wrong_settings(build: Build) -> dict[str, object]:
    found = build.manifest["settings"]
    return {name: found.get(name) for name, value in REQUIRED_SETTINGS.items() if found.get(name) != value}


def settings_effective(
    fingerprints: Sequence[Mapping[str, Any]], original: Mapping[str, Any], mkl_compatible: Mapping[str, Any] | None
) -> Outcome:
    """Decides LC-IQ-04: the settings of a device's process do what they say.

    A setting that is read back as it was set may still do nothing: MKL takes any branch that is not for this
    processor for COMPATIBLE, without a word. So the effects are measured.

    Args:
        fingerprints: of one device, one for each of its builds, as JSON values.
        original: that of the original device.
        mkl_compatible: that of the same torch device under MKL_CBWR=COMPATIBLE; None where no branch was asked for.
    """
    fingerprint = fingerprints[0]
    name = str(fingerprint["device"])
    # Each fault once, though every build of a device will have it.
    faults = list(dict.fromkeys(fault for one in fingerprints for fault in _effect_faults(one, mkl_compatible)))
    message = f"{name}: {'; '.join(faults)}" if faults else f"{name}: every setting was seen to do what it says."
    if faults:
        message += "; likely cause: this processor or build of PyTorch lacks it; name a device or surrogate it has."
    surrogate = "+" in name
    return Outcome(
        "LC-IQ-04",
        name,
        not faults,
        len(faults),
        0,
        "settings without effect",
        len(fingerprint["effects"]),
        message,
        evidence=not surrogate or fingerprint["numeric_class"] != original["numeric_class"],
        details={"effects": dict(fingerprint["effects"]), "environment": dict(fingerprint["environment"])},
    )


def _effect_faults(fingerprint: Mapping[str, Any], mkl_compatible: Mapping[str, Any] | None) -> Iterator[str]:
    effects, environment = fingerprint["effects"], fingerprint["environment"]
    if not effects["deterministic_algorithms"]:
        yield "deterministic algorithms are switched on, yet uninitialised memory was not filled"
    if not effects["full_float32_products"]:
        yield "full float32 products were asked for, yet a product was rounded to fewer bits"
    asked = environment.get("ATEN_CPU_CAPABILITY")
    if asked is not None and asked.lower() != str(effects["cpu_capability"]).lower():
        yield f"ATEN_CPU_CAPABILITY={asked} was ignored, PyTorch's kernels are those of {effects['cpu_capability']}"
    branch = branch_asked_for(fingerprint)
    if branch and mkl_compatible and mkl_compatible["numeric_class"] == fingerprint["numeric_class"]:
        yield f"MKL_CBWR={branch} was ignored, all probes have the bits of MKL_CBWR=COMPATIBLE"


def branch_asked_for(fingerprint: Mapping[str, Any]) -> str | None:
    """Returns the branch of MKL that a device's process was told to take, if it is one that MKL may ignore."""
    asked = str(fingerprint["environment"].get("MKL_CBWR", ""))
    return None if asked.partition(",")[0].upper() in ("", "AUTO", "COMPATIBLE") else asked


def devices_differ(
    k: int, original: Mapping[str, object], others: Sequence[Mapping[str, object]], left_out: Sequence[str] = ()
) -> Outcome:
    """Decides LC-IQ-02: at least one other device computes otherwise than the original's.

    Args:
        k: the minibatch whose shapes were probed.
        original: the original device's fingerprint, as JSON values.
        others: those of the devices of the rebuilds.
        left_out: names of order surrogates in portable arithmetic, which emulate no device there.
    """
    own = original["numeric_class"]
    effective = [str(entry["device"]) for entry in others if entry["numeric_class"] != own]
    ineffective = [str(entry["device"]) for entry in others if entry["numeric_class"] == own]
    subject = f"k={k}, devices beside {original['device']}"
    if effective:
        message = f"{subject}: {', '.join(effective)} compute otherwise in at least one probe."
        if ineffective:
            message += f" Ineffective, and so no evidence: {', '.join(ineffective)}."
    elif ineffective:
        message = (
            f"{subject}: {', '.join(ineffective)} change no bit of any probe on this machine, so nothing was compared; "
            "give a second --device or other surrogates, such as --surrogate=order:1."
        )
    else:
        message = f"{subject}: there is none, so nothing was compared; give a second --device or a --surrogate."
    if left_out:
        message += (
            f" The order of sums is part of portable arithmetic, so {', '.join(left_out)} is another computation and "
            "no other device."
        )
    return Outcome(
        "LC-IQ-02",
        subject,
        bool(effective),
        len(effective),
        1,
        "effective devices",
        len(others),
        message,
        details={"effective": effective, "ineffective": ineffective},
    )
