"""How far rebuilds agree with the original by class, and which calls crossed tau; reported, required of no one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from longcon.builds import Build
from longcon.checks.outcome import Outcome
from longcon.checks.pairs import agreement_shows, require_own_trainings
from longcon.errors import BuildError
from longcon.measures import (
    Share,
    calls,
    conclusive,
    fleiss_kappa,
    negative_agreement,
    positive_agreement,
    reported_calls,
)
from longcon.problems import ScoredCases


@dataclass(frozen=True)
class _Rebuild:
    device: str
    positive: Share
    negative: Share

    @property
    def line(self) -> str:
        return (
            f"  {self.device}: positive agreement {_words(self.positive)}, negative agreement {_words(self.negative)}"
        )

    def as_json(self) -> dict[str, object]:
        return {"device": self.device, "positive": _told(self.positive), "negative": _told(self.negative)}


def agreement_measured(builds: Sequence[Build], epoch: int, tau: float, data: ScoredCases) -> Outcome:
    """Reports LC-PQ-09: agreement on the target class by rebuild, and Fleiss' kappa among all builds.

    A case is positive where its call may be reported at tau and is the target class; an inconclusive one is negative,
    and a category of its own in kappa.

    Args:
        builds: the original, which is the reference, then at least one rebuild.
        epoch: the released epoch.
        tau: of the original build.
        data: names the classes.

    Raises:
        BuildError: fewer than two builds, or one of them twice.
    """
    _require_different(builds)
    reported = [_reported(build, epoch, tau) for build in builds]
    kappa = fleiss_kappa(reported)
    rebuilds = [
        _Rebuild(
            build.device,
            positive_agreement(reported[0], other, data.target_index),
            negative_agreement(reported[0], other, data.target_index),
        )
        for build, other in zip(builds[1:], reported[1:], strict=True)
    ]
    subject = f"{builds[0].minibatch}all of {', '.join(build.device for build in builds)}"
    told = "undefined, since every case has one and the same call" if kappa is None else f"{kappa:.4f}"
    message = (
        f"{subject}: {_fewest(rebuilds, data.target)}; Fleiss' kappa among {len(builds)} builds on {len(reported[0])} "
        f"cases is {told} (tau {tau:.4f}, epoch {epoch}; reported, not required)."
    )
    return Outcome(
        "LC-PQ-09",
        subject,
        True,
        kappa,
        None,
        "Fleiss' kappa",
        len(reported[0]),
        message,
        evidence=agreement_shows(builds, [build.scores(epoch, "prospective") for build in builds]),
        details={
            "tau": tau,
            "epoch": epoch,
            "target": data.target,
            "rebuilds": [rebuild.as_json() for rebuild in rebuilds],
        },
        lines=[rebuild.line for rebuild in rebuilds],
    )


def crossings_measured(original: Build, rebuild: Build, epoch: int, tau: float, data: ScoredCases) -> Outcome:
    """Reports LC-PQ-10: the cases that are conclusive in one of two builds alone.

    Such a case is no discrepancy (paper, Section II-B), yet its patient gets a report from one build and none from the
    other. In portable or repeatable builds there is none.

    Args:
        original: the original build.
        rebuild: a build of another device.
        epoch: the released epoch.
        tau: of the original build.
        data: names the prospective cases and the classes.

    Raises:
        BuildError: both are the same build.
    """
    _require_different([original, rebuild])
    scores = [build.scores(epoch, "prospective") for build in (original, rebuild)]
    above = [conclusive(table, tau) for table in scores]
    crossed = np.flatnonzero(above[0] != above[1]).tolist()
    subject = f"{rebuild.title} against {original.device}"
    lost = sum(bool(above[0][case]) for case in crossed)
    message = (
        f"{subject}: {len(crossed)} of {len(above[0])} cases crossed tau {tau:.4f} (epoch {epoch}; reported, not "
        f"required): {lost} are conclusive in the original only, {len(crossed) - lost} in the rebuild only."
    )
    return Outcome(
        "LC-PQ-10",
        subject,
        True,
        len(crossed),
        None,
        "cases",
        len(above[0]),
        message,
        evidence=agreement_shows([original, rebuild], scores),
        details={"tau": tau, "epoch": epoch, "lost": lost, "gained": len(crossed) - lost},
        lines=[_crossing(case, scores, (original, rebuild), data) for case in crossed],
    )


def _fewest(rebuilds: Sequence[_Rebuild], target: str) -> str:
    least = min(rebuilds, key=lambda rebuild: rebuild.positive.agreed)
    kept = least.positive
    return (
        f"of {kept.of} calls of '{target}' by the original {kept.agreed} are made by the rebuild that makes fewest "
        f"({least.device})"
    )


def _require_different(builds: Sequence[Build]) -> None:
    if len({build.folder for build in builds}) != len(builds):
        raise BuildError(f"Build {builds[0].folder.name} was to be compared with itself: compare different builds.")
    if len(builds) < 2:
        raise BuildError("Agreement compares builds, but got one: give at least two.")
    require_own_trainings(*builds)


def _reported(build: Build, epoch: int, tau: float) -> NDArray[np.int64]:
    scores = build.scores(epoch, "prospective")
    return reported_calls(calls(scores), conclusive(scores, tau))


def _told(share: Share) -> dict[str, float | None]:
    return {"agreed": share.agreed, "of": share.of, "rate": share.rate, "low": share.low, "high": share.high}


def _words(share: Share) -> str:
    if share.rate is None:
        return "undefined (0 of 0)"
    return f"{share.rate:.2%} ({share.agreed} of {share.of}; 95% interval {share.low:.2%} to {share.high:.2%})"


def _crossing(case: int, scores: Sequence[NDArray[np.floating]], builds: Sequence[Build], data: ScoredCases) -> str:
    made = [
        f"{build.device}: {data.classes[int(table[case].argmax())]} {table[case].max():.4f}"
        for build, table in zip(builds, scores, strict=True)
    ]
    return f"  {data.prospective_cases[case]}  {'  |  '.join(made)}"
