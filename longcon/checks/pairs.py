"""Pairs: builds that are compared must be trainings of their own, and differ somewhere to show that they agree."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray

from longcon.builds import Build
from longcon.errors import BuildError


def require_own_trainings(*builds: Build) -> None:
    """Checks that no build is another one's files under its own name.

    No two trainings take the same time to the last digit of the clock; a copied manifest says that they did.

    Raises:
        BuildError: one is a copy.
    """
    seen: dict[float, Build] = {}
    for build in builds:
        seconds = float(build.manifest["seconds"])
        if seconds in seen:
            raise BuildError(
                f"{build.title} is a copy of {seen[seconds].title}: both say that their training took {seconds} s, "
                "to the last digit; run again with --fresh."
            )
        seen[seconds] = build


def agreement_shows(builds: Sequence[Build], results: Sequence[NDArray[Any]]) -> bool:
    """Returns whether a rebuild that agrees with the original shows anything.

    It does on a device of another numeric class that changed some bit of what is compared. Where none changed, the
    device's arithmetic was not what trained the build, or did not reach its bits. Portable arithmetic is the exception:
    that no device changes its bits is what it promises.

    Args:
        builds: the original first.
        results: of each build, what is compared.
    """
    portable = builds[0].request["recipe"]["arithmetic"] == "portable"
    return any(
        build.numeric_class != builds[0].numeric_class and (portable or result.tobytes() != results[0].tobytes())
        for build, result in zip(builds[1:], results[1:], strict=True)
    )
