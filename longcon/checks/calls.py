"""Whether rebuilds make the same calls, and the cut-off that makes a call conclusive."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from longcon.builds import Build
from longcon.checks.outcome import Outcome
from longcon.checks.pairs import agreement_shows, require_own_trainings
from longcon.errors import BuildError, CutoffError
from longcon.measures import (
    ConsistencyTable,
    Cutoff,
    find_cutoff,
    interval,
    longitudinal_consistency,
    operating_point,
    upper_bound,
)
from longcon.problems import ScoredCases
from longcon.protocol import Limits


def cutoff_of(original: Build, epoch: int, data: ScoredCases) -> Cutoff:
    """Returns tau, found on the original build's hold-out and carried to every rebuild (paper, Section IV-F).

    Raises:
        CutoffError: no cut-off reaches precision 1.
    """
    scores = original.scores(epoch, "holdout")[:, data.target_index]
    return find_cutoff(scores.astype(np.float64), data.holdout_labels == data.target_index)


def cutoff_is_precise(original: Build, epoch: int, data: ScoredCases, limits: Limits) -> Outcome:
    """Decides LC-PQ-05: at tau the original build's hold-out precision is the required one, with its recall."""
    try:
        cutoff = cutoff_of(original, epoch, data)
    except CutoffError as error:
        return Outcome(
            "LC-PQ-05",
            original.title,
            False,
            None,
            limits.holdout_precision,
            "precision",
            0,
            f"{original.title}, epoch {epoch}: {error}",
        )
    scores = original.scores(epoch, "holdout")[:, data.target_index].astype(np.float64)
    applied = operating_point(scores, data.holdout_labels == data.target_index, cutoff.tau)
    precision = applied.precision or 0.0
    message = (
        f"{original.title}, epoch {epoch}: tau {cutoff.tau:.4f} calls {applied.true_positives} of {applied.targets} "
        f"'{data.target}' hold-out cases (recall {applied.recall:.4f}) with {applied.false_positives} false positive "
        f"(precision {precision:.4f}, required {limits.holdout_precision:g})."
    )
    return Outcome(
        "LC-PQ-05",
        original.title,
        precision >= limits.holdout_precision,
        precision,
        limits.holdout_precision,
        "precision",
        applied.targets,
        message,
        details={
            "tau": cutoff.tau,
            "recall": applied.recall,
            "epoch": epoch,
            "curve": [[point.threshold, point.precision, point.recall] for point in cutoff.table],
        },
    )


def rebuild_agrees(
    original: Build, rebuild: Build, epoch: int, tau: float, data: ScoredCases, limits: Limits
) -> Outcome:
    """Decides LC-PQ-03: the discrepancy rate between the original and one rebuild; see `all_builds_agree`."""
    return _agreement("LC-PQ-03", [original, rebuild], epoch, tau, data, limits)


def all_builds_agree(builds: Sequence[Build], epoch: int, tau: float, data: ScoredCases, limits: Limits) -> Outcome:
    """Decides LC-PQ-04: the discrepancy rate among all builds together is at most 1 - p.

    A discrepancy is a case on which all builds are conclusive and their calls differ (paper, Section II-B). With a
    confidence in the limits, the exact (Clopper-Pearson) one-sided upper bound is held against 1 - p, otherwise the
    point estimate; without one reportable case neither exists and the requirement is not met.

    Args:
        builds: the original first; at least two, all different.
        epoch: the released epoch.
        tau: of the original build.
        data: names the prospective cases and the classes.
        limits: p and the confidence.

    Raises:
        BuildError: fewer than two builds, or one of them twice.
    """
    return _agreement("LC-PQ-04", builds, epoch, tau, data, limits)


def _agreement(
    requirement: str, builds: Sequence[Build], epoch: int, tau: float, data: ScoredCases, limits: Limits
) -> Outcome:
    if len({build.folder for build in builds}) != len(builds):
        raise BuildError(f"Build {builds[0].folder.name} was to be compared with itself: compare different builds.")
    require_own_trainings(*builds)
    scores = [build.scores(epoch, "prospective") for build in builds]
    table = longitudinal_consistency(scores, tau)
    bound = upper_bound(table.discordant, table.reportable, limits.confidence or 0.95)
    if limits.confidence is not None:
        measured: float | None = bound
        ok = table.reportable > 0 and bound <= 1 - limits.p
    else:
        # The share of equal calls against p: 9 of 10 is 0.9, whereas 1 - 0.9 is not 0.1.
        measured = table.discrepancy_rate
        ok = table.proportion is not None and table.proportion >= limits.p
    subject = f"{builds[1].title} against {builds[0].device}" if requirement == "LC-PQ-03" else _series(builds)
    low, high = interval(table.discordant, table.reportable, 0.95) if table.reportable else (0.0, 1.0)
    return Outcome(
        requirement,
        subject,
        ok,
        measured,
        1 - limits.p,
        "discrepancy rate" if limits.confidence is None else "discrepancy rate, upper bound",
        table.reportable,
        _message(subject, table, bound, tau, epoch, limits, ok=ok),
        evidence=agreement_shows(builds, scores),
        details={
            "tau": tau,
            "epoch": epoch,
            "cases": table.cases,
            "concordant": table.concordant,
            "discordant": table.discordant,
            "conclusive_in_some": table.conclusive_in_some,
            "conclusive_in_none": table.conclusive_in_none,
            "upper_bound": bound,
            "interval": [low, high],
            "point_estimate": table.discrepancy_rate,
        },
        lines=discordant_lines(builds, epoch, table, data),
    )


def discordant_lines(builds: Sequence[Build], epoch: int, table: ConsistencyTable, data: ScoredCases) -> list[str]:
    """Returns the line list of discordant cases: case, and each build's call with its score."""
    scores = [build.scores(epoch, "prospective") for build in builds]
    lines = []
    for case in table.discordant_cases.tolist():
        made = [
            f"{build.device}: {data.classes[int(score[case].argmax())]} {score[case].max():.4f}"
            for build, score in zip(builds, scores, strict=True)
        ]
        lines.append(f"  {data.prospective_cases[case]}  {'  |  '.join(made)}")
    return lines


def _series(builds: Sequence[Build]) -> str:
    return f"{builds[0].minibatch}all of {', '.join(build.device for build in builds)}"


def _message(
    subject: str, table: ConsistencyTable, bound: float, tau: float, epoch: int, limits: Limits, *, ok: bool
) -> str:
    percent = f"{table.discrepancy_rate:.2%}" if table.discrepancy_rate is not None else "no rate"
    confidence = limits.confidence or 0.95
    text = (
        f"{subject}: {table.discordant} discordant of {table.reportable} reportable calls ({percent}; "
        f"upper {100 * confidence:g}% bound {bound:.2%}) at tau {tau:.4f}, epoch {epoch}; of {table.cases} cases "
        f"{table.conclusive_in_some} are conclusive in only some builds and {table.conclusive_in_none} in none; "
    )
    judged = "upper bound" if limits.confidence is not None else "point estimate"
    text += f"the {judged} may be at most {100 * (1 - limits.p):.4g}%."
    if ok:
        return text
    if table.discordant == 0:
        return text + " Likely cause: too few reportable cases to show it; add prospective cases."
    return text + " Likely cause: builds parted in training; see the sine, or try an earlier --release-epoch or --k."
