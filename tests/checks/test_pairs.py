"""Pairs: a copy is no second training, and agreement shows something only where a bit differs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from longcon.checks.pairs import agreement_shows, require_own_trainings
from longcon.errors import BuildError

ONE, OTHER = np.array([0.25, 0.75]), np.array([0.25, np.nextafter(0.75, 1)])


@dataclass(frozen=True)
class Told:
    """Stands where a build stands; only what it says of its training is asked."""

    title: str = "the original"
    numeric_class: str = "a"
    seconds: float = 1.5
    arithmetic: str = "native"
    manifest: dict[str, Any] = field(init=False)
    request: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "manifest", {"seconds": self.seconds})
        object.__setattr__(self, "request", {"recipe": {"arithmetic": self.arithmetic}})


def test_a_copy_is_told_by_its_time() -> None:
    first, second, third = Told(), Told("the replicate", seconds=1.6), Told("the rebuild", "b")
    require_own_trainings(first, second)  # type: ignore[arg-type]
    with pytest.raises(BuildError) as caught:
        require_own_trainings(first, second, third)  # type: ignore[arg-type]
    assert str(caught.value) == (
        "the rebuild is a copy of the original: both say that their training took 1.5 s, to the last digit; "
        "run again with --fresh."
    )


@pytest.mark.parametrize(
    ("numeric_class", "arithmetic", "result", "shows"),
    [
        ("b", "native", OTHER, True),
        ("b", "native", ONE, False),  # another device's name, and nobody's other bits
        ("a", "native", OTHER, False),
        ("b", "portable", ONE, True),  # what portable arithmetic promises
        ("a", "portable", ONE, False),
    ],
)
def test_when_agreement_shows_something(numeric_class: str, arithmetic: str, result: Any, shows: bool) -> None:
    builds: Any = [Told(arithmetic=arithmetic), Told("b", numeric_class, 2.0, arithmetic)]
    assert agreement_shows(builds, [ONE, result]) is shows
