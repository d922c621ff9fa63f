"""Places behind URLs, and a small training with all that it leaves when nothing goes wrong."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.injected.reading import trained as everything_trained
from benchmarks.injected.training import SmallTraining
from longcon.problems import ProblemData
from longcon.training import Recipe
from tests.builds.remote_places import KINDS, place_of


@pytest.fixture(params=KINDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty place."""
    (tmp_path / "served").mkdir()
    with place_of(request.param, tmp_path / "served") as url:
        yield url


@pytest.fixture(scope="session")
def training(problem: ProblemData) -> SmallTraining:
    """What trains a build that keeps its first states and its last."""
    recipe = Recipe(k=8, epochs=6, widths=(8, 4))
    return SmallTraining(problem, recipe, record=(0, 1, recipe.epochs))


@pytest.fixture(scope="session")
def uncut(tmp_path_factory: pytest.TempPathFactory, training: SmallTraining) -> dict[str, object]:
    """All that its training leaves when nothing goes wrong."""
    return everything_trained(training.obtain(tmp_path_factory.mktemp("uncut")))
