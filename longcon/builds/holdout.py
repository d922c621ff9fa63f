"""The hold-out of a build: its cut-off, found again from what the build keeps; no data is needed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from longcon.builds.build import Build, altered
from longcon.errors import StoreError
from longcon.measures import Cutoff, find_cutoff
from longcon.problems import Roster


def holdout_cutoff(build: Build, epoch: int) -> Cutoff:
    """Returns the cut-off of a build at an epoch, found on its own hold-out; no data is needed.

    Raises:
        StoreError: the epoch was not kept, or the build was altered or keeps no list of its cases.
        CutoffError: no cut-off reaches precision 1.
    """
    require_kept(build, epoch)
    roster = build.roster()
    scores = scores_of(build, epoch, "holdout", roster)
    is_target = roster.holdout_labels == roster.target_index
    return find_cutoff(scores[:, roster.target_index].astype(np.float64), is_target)


def scores_of(build: Build, epoch: int, cohort: str, roster: Roster) -> NDArray[np.floating]:
    """Returns the scores of ``"holdout"`` or ``"prospective"`` at an epoch that the build keeps, cases x classes.

    Raises:
        StoreError: the build was altered, so that there are none or not those of its cases.
    """
    cases = roster.holdout_cases if cohort == "holdout" else roster.prospective_cases
    try:
        scores = build.scores(epoch, cohort)
    except KeyError as error:
        raise altered(build.folder, f"it has no {cohort} scores at epoch {epoch}") from error
    if scores.shape != (len(cases), len(roster.classes)):
        raise altered(build.folder, f"its {cohort} scores have shape {scores.shape}, which is not that of its cases")
    return scores


def require_kept(build: Build, epoch: int) -> None:
    """Checks that a build keeps its state and scores of an epoch.

    Raises:
        StoreError: it does not.
    """
    if epoch not in build.epochs:
        kept = ", ".join(map(str, build.epochs))
        raise StoreError(f"Build {build.folder.name} ({build.title}) keeps no epoch {epoch}: give one of {kept}.")
