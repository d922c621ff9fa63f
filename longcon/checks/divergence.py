"""When rebuilds part from the original, and how near training comes to what the paper holds responsible."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from longcon.builds import Build
from longcon.checks.outcome import Outcome
from longcon.checks.pairs import agreement_shows, require_own_trainings
from longcon.divergence import Onset, epochs_together, find_onset, share_below
from longcon.errors import BuildError

# Relative to the largest eigenvalue; round-off of the decomposition stays far below.
ROUND_OFF = 1e-10


def parts_after_release(original: Build, rebuild: Build, epoch: int, tolerance: float) -> Outcome:
    """Decides LC-PQ-06: the sine stays within the tolerance at every step up to the released epoch.

    Source: paper, Section IV-G and Figure 2; the rule of the onset is that of `longcon.divergence.onset`. The sines
    are those of the trajectories' sketches, known to 6 %.

    Args:
        original: the original build.
        rebuild: a build of another device.
        epoch: the released epoch.
        tolerance: of the protocol.

    Raises:
        BuildError: both are the same build.
    """
    if original.folder == rebuild.folder:
        raise BuildError(f"Build {original.folder.name} was to be compared with itself: compare two builds.")
    require_own_trainings(original, rebuild)
    course, other = original.trajectory(), rebuild.trajectory()
    sines = course.sine(other)
    epochs = int(original.request["recipe"]["epochs"])
    onset = find_onset(sines, (len(sines) - 1) // epochs, tolerance)
    released = epoch * onset.steps_per_epoch
    above = np.flatnonzero(sines > tolerance)
    early = int((above <= released).sum())
    pair = f"{rebuild.title} against {original.device}"
    return Outcome(
        "LC-PQ-06",
        pair,
        not early,
        epochs_together(sines, onset.steps_per_epoch, tolerance),
        float(epoch),
        "epochs together",
        released + 1,
        f"{pair}: released epoch {epoch} of {epochs}; the sine {_course(onset, tolerance)}"
        f"{_too_early(original, onset, above, released)}.",
        evidence=agreement_shows([original, rebuild], [course.digests, other.digests]),
        details={
            "epoch": epoch,
            "left": onset.left,
            "onset": onset.step,
            "parted": onset.parted,
            "rapid": onset.rapid,
            "steps_per_epoch": onset.steps_per_epoch,
        },
    )


def _course(onset: Onset, tolerance: float) -> str:
    """Returns what becomes of the sine, in words."""
    if onset.left is None:
        course = f"ends within {tolerance:.2e}"
    else:
        course = f"leaves {tolerance:.2e} for good in epoch {onset.left // onset.steps_per_epoch + 1}"
    if onset.parted == 0:
        return f"{course}, the initial states are apart"
    if onset.parted is None:
        return course
    speed = "rapid" if onset.rapid else "gradual"
    return f"{course}, the builds part in epoch {-(-onset.parted // onset.steps_per_epoch)} ({speed})"


def _too_early(original: Build, onset: Onset, above: NDArray[np.int64], released: int) -> str:
    """Returns what stands above the tolerance up to the released state, with its likely cause; empty where nothing."""
    early = int((above <= released).sum())
    if not early:
        return ""
    return (
        f"; it is above the tolerance in {early} of {released + 1} states up to the release, first in epoch "
        f"{max(1, -(-int(above[0]) // onset.steps_per_epoch))}. Likely cause: round-off grown in training; see "
        f"python -m longcon divergence --k={original.request['recipe']['k']} on the same data, "
        "or try an earlier --release-epoch"
    )


def residual_above_threshold(original: Build, threshold: float) -> Outcome:
    """Decides LC-PQ-07: the gradient-annihilation residual is above the threshold at every recorded step.

    Source: paper, Section IV-G and Figure 2.

    Args:
        original: the original build, its curvature recorded.
        threshold: of the protocol.

    Raises:
        BuildError: its curvature was not recorded.
    """
    residuals, per_epoch = original.trajectory().residuals, _steps_per_epoch(original)
    recorded, every = _recorded(original, residuals)
    least = int(np.nanargmin(residuals))
    below = int((residuals[recorded] < threshold).sum())
    share = share_below(residuals, threshold) or 0.0
    message = (
        f"{original.title}: residual below {threshold:.1e} at {below} of {len(recorded)} recorded steps ({share:.2%}), "
        f"{every}; "
        f"least {residuals[least]:.2e}, at minibatch {least % per_epoch + 1} of epoch {least // per_epoch + 1}."
    )
    if below:
        message += " How well that foretells a divergence is measured in docs/divergence.md."
    return Outcome(
        "LC-PQ-07",
        original.title,
        not below,
        float(residuals[least]),
        threshold,
        "residual",
        len(recorded),
        message,
        details={"below": below, "share": share, "step": least},
    )


def hessian_indefinite(original: Build) -> Outcome:
    """Decides LC-PQ-08: the upper bound of the Hessian's smallest eigenvalue is negative at every recorded step.

    Source: paper, equation 3 and Section IV-G.

    Args:
        original: the original build, its curvature recorded.

    Raises:
        BuildError: its curvature was not recorded.
    """
    trajectory, per_epoch = original.trajectory(), _steps_per_epoch(original)
    recorded, every = _recorded(original, trajectory.smallest)
    most = int(np.nanargmax(trajectory.smallest))
    bound, error = float(trajectory.smallest[most]), float(trajectory.smallest_errors[most])
    # A bound within round-off of zero is no bound.
    certain = trajectory.smallest[recorded] < -ROUND_OFF * trajectory.largest[recorded]
    negative = int(certain.sum())
    message = (
        f"{original.title}: the smallest eigenvalue is negative for sure at {negative} of {len(recorded)} recorded "
        f"steps, {every}; its largest upper bound is {bound:.2e} (|Hv - theta v| {error:.1e}), at minibatch "
        f"{most % per_epoch + 1} of epoch {most // per_epoch + 1}."
    )
    return Outcome(
        "LC-PQ-08",
        original.title,
        bool(certain.all()),
        bound,
        0.0,
        "eigenvalue",
        len(recorded),
        message,
        details={"negative": negative, "step": most, "error": error},
    )


def _recorded(build: Build, values: NDArray[np.float64]) -> tuple[NDArray[np.int64], str]:
    """Returns the steps whose curvature was asked for, all of which must be there, and how many of all they are."""
    every = int(build.request["curvature_every"])
    if every == 0:
        raise BuildError(f"{build.title} recorded no curvature: run again with --curvature-every=1.")
    asked = np.arange(0, len(values), every)
    missing = asked[np.isnan(values[asked])]
    if len(missing):
        raise BuildError(
            f"{build.title} has no curvature at {len(missing)} steps where it was asked for, first at step "
            f"{missing[0]}: run again with --fresh."
        )
    return asked, "all there are" if every == 1 else f"1 in {every} of all {len(values)}"


def _steps_per_epoch(build: Build) -> int:
    return len(build.trajectory().losses) // int(build.request["recipe"]["epochs"])
