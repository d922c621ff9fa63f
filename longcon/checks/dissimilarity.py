"""How far a rebuild's parameters are from the original's."""

from __future__ import annotations

from longcon.builds import Build
from longcon.checks.outcome import Outcome
from longcon.checks.pairs import agreement_shows, require_own_trainings
from longcon.errors import BuildError
from longcon.measures import vector_sine


def sine_below_tolerance(original: Build, rebuild: Build, epoch: int, tolerance: float) -> Outcome:
    """Decides LC-PQ-01: the vector sine at the released epoch is at most the tolerance.

    Source: paper, Sections IV-E and IV-G.

    Args:
        original: the original build.
        rebuild: a build of another device.
        epoch: the released epoch.
        tolerance: of the protocol.
    """
    curve = sine_curve(original, rebuild)
    sine = _at(curve, epoch, rebuild)
    ok = sine <= tolerance
    where = f"{_pair(original, rebuild)}: vector sine {sine:.2e} at the released epoch {epoch}"
    if ok:
        message = f"{where}, tolerance {tolerance:.2e}."
    else:
        message = (
            f"{where} exceeds the tolerance {tolerance:.2e}; {_onset(curve, tolerance)} "
            "Likely cause: round-off grown in training; try an earlier --release-epoch or another --k."
        )
    return Outcome(
        "LC-PQ-01",
        _pair(original, rebuild),
        ok,
        sine,
        tolerance,
        "sine",
        original.vector(epoch).size,
        message,
        evidence=agreement_shows([original, rebuild], [original.vector(epoch), rebuild.vector(epoch)]),
        details={"epoch": epoch, "curve": {str(e): s for e, s in curve.items()}},
    )


def sine_measured(original: Build, rebuild: Build, epoch: int, tolerance: float) -> Outcome:
    """Reports LC-PQ-02: the vector sine at the released epoch, required of no one at k = 1 (paper, Section IV-G)."""
    curve = sine_curve(original, rebuild)
    sine = _at(curve, epoch, rebuild)
    message = (
        f"{_pair(original, rebuild)}: vector sine {sine:.2e} at the released epoch {epoch} (reported, not required); "
        f"{_onset(curve, tolerance)}"
    )
    return Outcome(
        "LC-PQ-02",
        _pair(original, rebuild),
        0 <= sine <= 1,
        sine,
        None,
        "sine",
        original.vector(epoch).size,
        message,
        evidence=agreement_shows([original, rebuild], [original.vector(epoch), rebuild.vector(epoch)]),
        details={"epoch": epoch, "curve": {str(e): s for e, s in curve.items()}},
    )


def sine_curve(original: Build, rebuild: Build) -> dict[int, float]:
    """Returns the vector sine between two builds at every epoch that both keep.

    Raises:
        BuildError: both are the same build.
    """
    if original.folder == rebuild.folder:
        raise BuildError(f"Build {original.folder.name} was to be compared with itself: compare two builds.")
    require_own_trainings(original, rebuild)
    shared = sorted(set(original.epochs) & set(rebuild.epochs))
    return {epoch: vector_sine(original.vector(epoch), rebuild.vector(epoch)) for epoch in shared}


def _at(curve: dict[int, float], epoch: int, rebuild: Build) -> float:
    if epoch not in curve:
        raise BuildError(f"{rebuild.title} keeps no state of the released epoch {epoch}: run again with --fresh.")
    return curve[epoch]


def _onset(curve: dict[int, float], tolerance: float) -> str:
    above = [epoch for epoch, sine in curve.items() if sine > tolerance]
    if not above:
        return f"it stays within {tolerance:.2e} at every recorded epoch."
    before = [epoch for epoch in curve if epoch < above[0]]
    since = f"after epoch {before[-1]} ({curve[before[-1]]:.2e})" if before else "from the start"
    return f"it first exceeds {tolerance:.2e} {since}, at recorded epoch {above[0]} ({curve[above[0]]:.2e})."


def _pair(original: Build, rebuild: Build) -> str:
    return f"{rebuild.title} against {original.device}"
