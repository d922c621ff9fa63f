"""A pair of builds, compared step by step: where they part and how their difference grew."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from longcon.builds import Build
from longcon.divergence.growth import Growth, bursts, growth
from longcon.divergence.hard_cases import Burden, burdens, counts_from, responsibilities
from longcon.divergence.onset import Onset, find_onset
from longcon.divergence.predictors import Merits, merits, most_responsible, predictors
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
        bursts: updates that multiply the relative difference of the moments fivefold, before the builds part.
        responsible: responsibility of each update for the growth until then; none without detail, or where the builds
            do not part: of what stays round-off there is nothing to explain.
        burdens: every minibatch with its share of that growth, the largest first.
        merits: how well each account tells the updates most responsible for it; None with too few of them.
        since: the update from which growth counts.
    """

    original: Build
    rebuild: Build
    sines: NDArray[np.float64]
    first_difference: int | None
    onset: Onset
    growth: Growth | None
    bursts: NDArray[np.int64]
    responsible: NDArray[np.float64]
    burdens: tuple[Burden, ...]
    merits: Merits | None
    since: int

    @property
    def until(self) -> int:
        """The step up to which the builds are followed: where they part, or the last."""
        return len(self.sines) - 1 if self.onset.parted is None else self.onset.parted

    @property
    def burst_factors(self) -> dict[int, float]:
        """By how much each burst multiplied the relative difference of the moments."""
        if self.growth is None:
            return {}
        moments = self.growth.moments
        return {int(update): float(moments[update + 1] / moments[update]) for update in self.bursts}

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
    recipe = original.request["recipe"]
    sines = a.sine(b)
    steps_per_epoch = len(a.losses) // int(recipe["epochs"])
    onset = find_onset(sines, steps_per_epoch, tolerance)
    until = len(sines) - 1 if onset.parted is None else onset.parted
    grown = _growth(a, b, float(recipe["betas"][0]))
    pair = Pair(
        original,
        rebuild,
        sines,
        a.first_difference(b),
        onset,
        grown,
        bursts=np.zeros(0, dtype=np.int64) if grown is None else bursts(grown.moments[: until + 1]),
        responsible=np.zeros(0),
        burdens=(),
        merits=None,
        since=until,
    )
    return pair if grown is None or onset.parted is None else _explained(pair, grown, a)


def _explained(pair: Pair, grown: Growth, trajectory: Trajectory) -> Pair:
    recipe, per_epoch, until = pair.original.request["recipe"], pair.onset.steps_per_epoch, pair.until
    epsilon = float(np.finfo(recipe["dtype"]).eps)
    since = counts_from(grown.parameters[: until + 1], epsilon, min(per_epoch, until))
    responsible = responsibilities(grown, float(recipe["betas"][0]), since, until)
    return replace(
        pair,
        responsible=responsible,
        burdens=burdens(responsible, pair.bursts, per_epoch),
        merits=merits(predictors(trajectory), most_responsible(responsible), since, until),
        since=since,
    )


def _growth(a: Trajectory, b: Trajectory, first_decay: float) -> Growth | None:
    if a.detail is None or b.detail is None:
        return None
    kept = [(side.parameters, side.moments, side.norms) for side in (a.detail, b.detail)]
    return growth(kept[0], kept[1], a.digests == b.digests, first_decay)
