"""Everything that can be read of a build, to tell whether it is what was written."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from longcon.builds import Build

# What says when a training took place, in which run and in how many pieces; it decides no bit of the others.
_CIRCUMSTANCES = ("run", "started", "seconds", "resumed_at")


def content(build: Build) -> dict[str, object]:
    """Returns everything that a build says and holds, every file of it verified."""
    found: dict[str, object] = {"manifest": dict(build.manifest), "cases": build.roster().serialised()}
    for epoch in build.epochs:
        found[f"state {epoch}"] = _bits(build.state(epoch))
        for cohort in ("holdout", "prospective"):
            found[f"scores {epoch} {cohort}"] = _bits({cohort: build.scores(epoch, cohort)})
    found["trajectory"] = _bits(build.trajectory().arrays())
    return found


def trained(build: Build) -> dict[str, object]:
    """Returns everything of a build that another training of the same request must have too."""
    manifest = {name: value for name, value in build.manifest.items() if name not in _CIRCUMSTANCES}
    return {**content(build), "manifest": manifest}


def _bits(arrays: dict[str, NDArray[Any]]) -> dict[str, object]:
    return {name: (value.dtype.str, value.shape, value.tobytes()) for name, value in arrays.items()}
