"""Comparable builds: two trainings on the same data, scoring the same cases, that keep an epoch in common."""

from __future__ import annotations

from collections.abc import Sequence

from longcon.builds import Build
from longcon.checks.pairs import require_own_trainings
from longcon.errors import BuildError
from longcon.problems import Roster


def require_comparable(a: Build, b: Build) -> None:
    """Checks that two builds score the same cases after training on the same data, and are two trainings.

    Raises:
        BuildError: they are not; the text says why.
    """
    if a.folder == b.folder:
        raise BuildError(f"Build {a.folder.name} was to be compared with itself: compare two builds.")
    require_own_trainings(a, b)
    fault = _apart(a.roster(), b.roster())
    if fault is None and a.request["data"] != b.request["data"]:
        fault = "were trained on other data"
    if fault is not None:
        raise BuildError(
            f"Builds {a.folder.name} ({a.title}) and {b.folder.name} ({b.title}) {fault}: compare builds of one "
            "problem's data."
        )


def shared_epochs(a: Build, b: Build) -> tuple[int, ...]:
    """Returns the epochs that both builds keep.

    Raises:
        BuildError: there is none.
    """
    shared = tuple(sorted({*a.epochs} & {*b.epochs}))
    if not shared:
        raise BuildError(
            f"Builds {a.folder.name} ({a.title}) and {b.folder.name} ({b.title}) keep no epoch in common "
            f"({_listed(a.epochs)}; {_listed(b.epochs)}): train one again to keep one of the other's."
        )
    return shared


def require_kept_by_both(a: Build, b: Build, epoch: int) -> None:
    """Checks that two builds keep an epoch.

    Raises:
        BuildError: one does not; the text says which do.
    """
    shared = shared_epochs(a, b)
    for build in (a, b):
        if epoch not in build.epochs:
            raise BuildError(
                f"Build {build.folder.name} ({build.title}) keeps no epoch {epoch}: both keep {_listed(shared)}, so "
                "give one of these as --epoch."
            )


def _apart(a: Roster, b: Roster) -> str | None:
    """Returns what two lists of cases do not share, in words; None where they are the same."""
    if (a.classes, a.target) != (b.classes, b.target):
        return (
            f"have other classes or another target ({', '.join(a.classes)}, target {a.target}; "
            f"{', '.join(b.classes)}, target {b.target})"
        )
    if a.prospective_cases != b.prospective_cases:
        return "score other prospective cases"
    if a.holdout_cases != b.holdout_cases:
        return "have other hold-out cases"
    if a.holdout_labels.tolist() != b.holdout_labels.tolist():
        return "label their hold-out cases otherwise"
    return f"are of other problems ({a.problem}, {b.problem})" if a.problem != b.problem else None


def _listed(epochs: Sequence[int]) -> str:
    return ", ".join(map(str, epochs))
