"""The epoch of an earlier release: the least hold-out error while all rebuilds are together."""

from __future__ import annotations

import numpy as np
import pytest

from longcon.builds import Build
from longcon.remedies import earlier_release
from tests.divergence.planted import EPOCH, Arrays, Change, Plant

TOLERANCE = 2.0**-26


def parting(step: int) -> Change:
    """Makes a rebuild that leaves the original at a step for good."""

    def part(trajectory: Arrays, _: Arrays) -> None:
        trajectory["sketches"][step:] += 0.1 * np.linalg.norm(trajectory["sketches"][0])

    return part


def least(original: Build, last: int) -> int:
    """The epoch of least error up to an epoch, the earliest of equals."""
    errors = [entry["holdout_error"] for entry in original.manifest["history"]][:last]
    return 1 + errors.index(min(errors))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("parts", "released", "last"),
    [
        (4 * EPOCH, 5, 3),  # apart at the very end of epoch 4
        (4 * EPOCH + 1, 5, 4),
        (2 * EPOCH + 3, 5, 2),
        (4 * EPOCH + 1, 3, 2),  # never later than what is released
    ],
)
def test_it_is_the_best_epoch_of_those_together(
    detailed: tuple[Build, Build], plant: Plant, parts: int, released: int, last: int
) -> None:
    rebuild = plant(parting(parts))
    # A second rebuild that stays together longer changes nothing: the first to part decides.
    for rebuilds in ([rebuild], [rebuild, detailed[1]]):
        assert earlier_release(detailed[0], rebuilds, released, TOLERANCE) == least(detailed[0], last)


@pytest.mark.slow
@pytest.mark.parametrize("parts", [0, 1, EPOCH])
def test_there_is_none_where_rebuilds_part_in_the_first_epoch(
    detailed: tuple[Build, Build], plant: Plant, parts: int
) -> None:
    assert earlier_release(detailed[0], [plant(parting(parts))], 5, TOLERANCE) is None


@pytest.mark.slow
def test_there_is_none_before_the_first_epoch(detailed: tuple[Build, Build]) -> None:
    assert earlier_release(detailed[0], [detailed[1]], 1, TOLERANCE) is None
