"""The GBM problem: the paper's classes and splits, from simulated files through the real reader."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import longcon.problems.gbm
from longcon.problems import GbmProblem, ProblemData, ProblemSource, data_of, digest_of, tried
from longcon.training import Recipe

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("gbm")


@pytest.fixture(scope="module")
def data(workspace: Path) -> ProblemData:
    return GbmProblem(400, workspace).data(lambda *_: None)


def test_the_papers_numbers(data: ProblemData) -> None:
    assert (len(data.training), len(data.holdout), len(data.prospective)) == (260, 87, 324)
    assert data.classes[data.target_index] == "GBM, RTK I"
    assert int((data.holdout_labels == data.target_index).sum()) == 16
    assert data.features == 400


def test_every_value_is_finite_and_within_the_clip(data: ProblemData) -> None:
    limit = np.log2(0.999 / 0.001) + 1e-12
    for values in (data.training, data.holdout, data.prospective):
        assert np.abs(values).max() <= limit


def test_what_was_done_is_recorded(data: ProblemData) -> None:
    assert data.facts["probes"] == 480
    assert set(data.facts["clipped"]) == {"reference", "prospective"}  # type: ignore[call-overload]


def test_a_second_reading_gives_the_same_data_from_the_cache(workspace: Path, data: ProblemData) -> None:
    said: list[str] = []
    again = GbmProblem(400, workspace).data(lambda what, *_: said.append(what))
    assert digest_of(again.serialised()) == digest_of(data.serialised())
    assert "simulating the cohorts" not in said


def test_the_files_may_stand_in_a_folder_of_the_users(workspace: Path, data: ProblemData, tmp_path: Path) -> None:
    (folder,) = (path for path in workspace.iterdir() if path.name.startswith("simulated"))
    own = GbmProblem(400, tmp_path, folder).data(lambda *_: None)
    assert np.array_equal(own.training, data.training)
    assert own.problem == "GBM methylation classes, GSE90496 and GSE109379"


def test_another_seed_is_another_cohort(workspace: Path, data: ProblemData) -> None:
    other = GbmProblem(400, workspace, seed=1).data(lambda *_: None)
    assert not np.array_equal(other.training, data.training)


def test_a_copy_of_its_file_is_a_problem_of_ones_own(workspace: Path, data: ProblemData, tmp_path: Path) -> None:
    """It uses no door that others lack: what longcon has as ``gbm``, a user has from a file."""
    copy = tmp_path / "mine.py"
    copy.write_bytes(Path(str(longcon.problems.gbm.__file__)).read_bytes())
    options: dict[str, str | int | None] = {"features": 400, "workspace": str(workspace)}
    mine = ProblemSource(f"{copy}:GbmProblem", options).load().problem
    assert not isinstance(mine, GbmProblem)
    assert digest_of(data_of(mine, lambda *_: None).serialised()) == digest_of(data.serialised())
    assert tried(mine, data, Recipe(k=2)).widths == (128, 32)
