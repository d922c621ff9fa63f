"""The table of all planted defects, by kind."""

from __future__ import annotations

from tests.planted import (
    cohorts,
    command_builds,
    commands,
    copies,
    courses,
    environments,
    models,
    parameters,
    problems,
    records,
    releases,
    runs,
    scores,
    travels,
)
from tests.planted.defect import Defect

DEFECTS: dict[str, tuple[Defect, ...]] = {
    "cohorts": cohorts.DEFECTS,
    "environments": environments.DEFECTS,
    "builds": (*parameters.DEFECTS, *copies.DEFECTS, *scores.DEFECTS, *records.DEFECTS, *courses.DEFECTS),
    "problems": (*problems.DEFECTS, *models.DEFECTS),
    "commands": (*commands.DEFECTS, *command_builds.DEFECTS),
    "travels": travels.DEFECTS,
    "runs": (*runs.DEFECTS, *releases.DEFECTS),
}
