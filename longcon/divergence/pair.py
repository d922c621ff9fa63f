"""A pair of builds, compared step by step: where they part and how their difference grew."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from longcon.builds import Build
from longcon.divergence.growth import Growth, bursts, growth
from longcon.divergence.hard_cases import Burden, burdens, responsibilities
from longcon.divergence.onset import Onset, find_onset
from longcon.divergence.predictors import merits, most_responsible, predictors
from longcon.errors import BuildError
from longcon.training import Trajectory


@dataclass(frozen=True)
class Pair:
    """Two builds of one recipe. An update t leads from step t to step t + 1.

    Attributes:
        original: the build that is compared with.
        rebuild: the build of another device.
        sines: vector sine at every step, from sketches.
        first_difference: first step whose parameters differ in a bit; None if none does.
        onset: when they part.
        growth: how their difference grew; None without detail in both.
        bursts: updates that multiply the difference of the moments fivefold, before the builds part.
        burdens: every minibatch with its share of the growth until then, the largest first; none without detail.
        merits: how well each account tells the updates most responsible for it, as an area under the ROC curve.
    """

    original: Build
    rebuild: Build
    sines: NDArray[np.float64]
    first_difference: int | None
    onset: Onset
    growth: Growth | None
    bursts: NDArray[np.int64]
    burdens: tuple[Burden, ...]
    merits: dict[str, float]

    @property
    def until(self) -> int:
        """The step up to which the builds are followed: where they part, or the last."""
        return len(self.sines) - 1 if self.onset.parted is None else self.onset.parted

    @property
    def title(self) -> str:
        """The pair in words."""
        return f"{self.rebuild.title} against {self.original.device}"


def compare(original: Build, rebuild: Build, tolerance: float) -> Pair:
    """Returns the comparison of two builds, step by step.

    Args:
        original: the original build.
        rebuild: a build of the same recipe and data, on another device.
        tolerance: the largest sine that is round-off; the protocol's.

    Raises:
        BuildError: they are one build, or of different recipes or data.
        StoreError: a trajectory is missing or was altered.
    """
    if original.folder == rebuild.folder:
        raise BuildError(f"Build {original.folder.name} was to be compared with itself: compare two builds.")
    for what in ("recipe", "data"):
        if original.request[what] != rebuild.request[what]:
            raise BuildError(
                f"{rebuild.title} and {original.title} differ in their {what}, so their steps cannot be compared: "
                "compare builds of one recipe on the same data."
            )
    a, b = original.trajectory(), rebuild.trajectory()
    first_decay = float(original.request["recipe"]["betas"][0])
    sines = a.sine(b)
    steps_per_epoch = len(a.losses) // int(original.request["recipe"]["epochs"])
    onset = find_onset(sines, steps_per_epoch, tolerance)
    until = len(sines) - 1 if onset.parted is None else onset.parted
    grown = _growth(a, b, first_decay)
    found = np.zeros(0, dtype=np.int64)
    heavy: tuple[Burden, ...] = ()
    accounts: dict[str, float] = {}
    if grown is not None:
        found = bursts(grown.moments[: until + 1])
        responsible = responsibilities(grown, first_decay, min(steps_per_epoch, until), until)
        heavy = burdens(responsible, found, steps_per_epoch)
        accounts = merits(predictors(a), most_responsible(responsible), until)
    return Pair(original, rebuild, sines, a.first_difference(b), onset, grown, found, heavy, accounts)


def _growth(a: Trajectory, b: Trajectory, first_decay: float) -> Growth | None:
    if a.detail is None or b.detail is None:
        return None
    kept = [(side.parameters, side.moments, side.norms) for side in (a.detail, b.detail)]
    return growth(kept[0], kept[1], first_decay)
