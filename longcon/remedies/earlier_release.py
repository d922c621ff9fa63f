"""The cheapest remedy: the same training, released at an epoch at which the rebuilds are still together."""

from __future__ import annotations

from collections.abc import Sequence

from longcon.builds import Build
from longcon.divergence import epochs_together


def earlier_release(original: Build, rebuilds: Sequence[Build], released: int, tolerance: float) -> int | None:
    """Returns the epoch of least hold-out error among those at which all rebuilds are together with the original.

    It is chosen on the hold-out, as the released epoch was, and the epochs that are looked at are bounded by the
    rebuilds alone; the earliest of equals.

    Args:
        original: the original build.
        rebuilds: of other devices, of the same recipe.
        released: the epoch that is released so far; only earlier ones are looked at.
        tolerance: the largest sine that is round-off; the protocol's.

    Returns:
        The epoch; None where the rebuilds are not together at the end of any earlier epoch.

    Raises:
        StoreError: a build was altered.
    """
    course = original.trajectory()
    steps = len(course.losses) // int(original.request["recipe"]["epochs"])
    together = (epochs_together(course.sine(build.trajectory()), steps, tolerance) for build in rebuilds)
    last = min(int(min(together, default=0.0)), released - 1)
    errors = [float(entry["holdout_error"]) for entry in original.manifest["history"]][:last]
    return 1 + errors.index(min(errors)) if errors else None
