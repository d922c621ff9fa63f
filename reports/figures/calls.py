"""The figures of the calls on the prospective cases: score by score, and class by class."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from longcon.builds import Build
from longcon.checks import cutoff_of
from longcon.errors import LongconError
from longcon.figures import ClassAgreement, ScorePair, draw_class_agreement, draw_score_pairs
from longcon.figures.score_pairs import CONCORDANT, CROSSED, DISCORDANT, INCONCLUSIVE
from longcon.measures import interval
from reports.figures.drawing import Drawing, drawing
from reports.record import Run

_CONFIDENCE = 0.95


def score_pairs(run: Run, k: int) -> Drawing:
    """Returns the scores of each rebuild against the original's.

    Raises:
        LongconError: there is no rebuild, or no cut-off.
    """
    builds, scores, tau = _scored(run, k)
    own = scores[0]
    pairs = [
        ScorePair(build.device, own.max(axis=1), table.max(axis=1), own.argmax(axis=1) == table.argmax(axis=1), tau)
        for build, table in zip(builds[1:], scores[1:], strict=True)
    ]
    caption = (
        f"Each mark is one of {len(own)} prospective cases: the score of its call in the original and in the rebuild. "
        f"On the diagonal both are as sure. Dashed: tau {tau:.4f}, from which on a call is reported. "
        f"{'; '.join(map(_in_words, pairs))}."
    )
    return drawing(
        f"scores-k{k}",
        k,
        "Scores of each rebuild against the original's",
        caption,
        draw_score_pairs(pairs),
        (
            "case",
            "device",
            "original's call",
            "its score",
            "rebuild's call",
            "its score there",
        ),
        _rows(run, builds, scores),
        few=False,
    )


def class_agreement(run: Run, k: int) -> Drawing:
    """Returns how many of the original's calls of each class all builds share.

    Raises:
        LongconError: there is no rebuild, or no cut-off.
    """
    builds, scores, tau = _scored(run, k)
    reported = np.logical_and.reduce([table.max(axis=1) >= tau for table in scores])
    called = np.stack([table.argmax(axis=1) for table in scores])
    alike = (called == called[0]).all(axis=0)
    classes = [_of_class(name, reported & (called[0] == index), alike) for index, name in enumerate(run.data.classes)]
    caption = (
        f"Of the prospective cases that all {len(builds)} builds may report at tau {tau:.4f}, by the original's call: "
        f"the share that every build calls alike, with its exact {_CONFIDENCE:.0%} interval (two-sided, "
        "Clopper-Pearson)."
    )
    return drawing(
        f"agreement-by-class-k{k}",
        k,
        "Agreement by class",
        caption,
        draw_class_agreement(classes),
        ("class", "called alike", "calls", "interval from", "to"),
        [(entry.name, entry.same, entry.calls, round(entry.low, 4), round(entry.high, 4)) for entry in classes],
        few=True,
    )


def _in_words(pair: ScorePair) -> str:
    fates = pair.fates().tolist()
    counts = [f"{fates.count(fate)} {fate}" for fate in (CONCORDANT, DISCORDANT, CROSSED, INCONCLUSIVE)]
    return f"{pair.device}: {', '.join(counts)}"


def _of_class(name: str, cases: NDArray[np.bool_], alike: NDArray[np.bool_]) -> ClassAgreement:
    calls, same = int(cases.sum()), int((cases & alike).sum())
    low, high = interval(same, calls, _CONFIDENCE)
    return ClassAgreement(name, same, calls, low, high)


def _scored(run: Run, k: int) -> tuple[Sequence[Build], list[NDArray[np.float64]], float]:
    """Returns the builds that were compared, their scores of the prospective cases, and tau."""
    builds, epoch = run.compared(k), run.released_epoch(k)
    if len(builds) < 2 or epoch is None:
        raise LongconError("No rebuild was compared with the original in this run.")
    tau = cutoff_of(builds[0], epoch, run.data).tau
    return builds, [build.scores(epoch, "prospective").astype(np.float64) for build in builds], tau


def _rows(run: Run, builds: Sequence[Build], scores: Sequence[NDArray[np.float64]]) -> list[tuple[object, ...]]:
    names = run.data.classes

    def told(table: NDArray[np.float64], case: int) -> tuple[str, float]:
        return names[int(table[case].argmax())], float(table[case].max())

    return [
        (identifier, build.device, *told(scores[0], case), *told(table, case))
        for build, table in zip(builds[1:], scores[1:], strict=True)
        for case, identifier in enumerate(run.data.prospective_cases)
    ]
