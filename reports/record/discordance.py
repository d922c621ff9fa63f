"""The discordant cases: what each build called them, and how surely."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from fixtures.cases import Case
from longcon.builds import Build
from longcon.errors import StoreError
from longcon.measures import longitudinal_consistency
from longcon.problems import ProblemData
from reports.record.run import Run


def discordant_of(run: Run) -> tuple[list[dict[str, Any]], list[str]]:
    """Returns every discordant case by comparison, and the keys of comparisons whose builds can no longer be read."""
    found: list[dict[str, Any]] = []
    unlisted: list[str] = []
    for case in run.expected:
        result = run.results.get(case.key)
        details = result.evidence["details"] if result is not None and result.evidence is not None else {}
        if case.k is None or not details.get("discordant"):
            continue
        try:
            found += _listed(case, details, _compared(case, case.k, run), run.data)
        except (StoreError, LookupError):
            unlisted.append(case.key)
    return found, unlisted


def _compared(case: Case, k: int, run: Run) -> Sequence[Build]:
    """Returns the builds that a case compares, the original first."""
    if case.device is None:
        return run.compared(k)
    pair = [run.original(k), run.build(case.device, k)]
    if None in pair:
        raise LookupError(case.key)
    return [build for build in pair if build is not None]


def _listed(case: Case, details: Mapping[str, Any], builds: Sequence[Build], data: ProblemData) -> list[dict[str, Any]]:
    epoch, tau = int(details["epoch"]), float(details["tau"])
    if len(builds) < 2:
        raise LookupError(case.key)
    scores = [build.scores(epoch, "prospective").astype(np.float64) for build in builds]
    rows = longitudinal_consistency(scores, tau).discordant_cases.tolist()
    return [
        {
            "comparison": case.key,
            "k": case.k,
            "epoch": epoch,
            "tau": tau,
            "case": data.prospective_cases[row],
            "builds": [
                {
                    "device": build.device,
                    "build": build.folder.name,
                    "call": data.classes[int(score[row].argmax())],
                    "score": float(score[row].max()),
                }
                for build, score in zip(builds, scores, strict=True)
            ],
        }
        for row in rows
    ]
