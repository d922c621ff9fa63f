"""Whether builds were trained as they should be, on devices whose agreement means something."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

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
