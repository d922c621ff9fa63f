"""A problem that a command trains: longcon knows the cases and their classes, the command everything else."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from longcon.errors import ProblemError
from longcon.problems.case_list import read_case_list
from longcon.problems.command import Command
from longcon.problems.problem import ProblemData, Progress

_LONGEST = 80
# Where scores are written, this is the column of the identifiers.
_TAKEN = "case"


@dataclass(frozen=True)
class CommandProblem:
    """A command with the cases that it must score.

    Attributes:
        command: what trains.
        cases: file that lists the cases; see `case_list`.
        target: the class of clinical interest.
    """

    command: Command
    cases: Path
    target: str

    @property
    def name(self) -> str:
        """The name in reports."""
        line = " ".join(self.command.line.split())
        return f"command {line if len(line) <= _LONGEST else line[:_LONGEST] + '...'}"

    @property
    def identity(self) -> dict[str, object]:
        """What tells the command from another: its line, and the digest of it and of all that it reads."""
        return {"command": self.command.line, "source": self.command.digest()}

    def data(self, progress: Progress) -> ProblemData:  # noqa: ARG002 - a list is read at once
        """Returns the cases with their classes; measurements are the command's own affair.

        Raises:
            ProblemError: the list of cases cannot be used.
            CohortError: its cases cannot be judged by.
        """
        listed = read_case_list(self.cases)
        classes = tuple(sorted(set(listed.classes.values())))
        if _TAKEN in classes:
            raise ProblemError(f"{self.cases} has a class '{_TAKEN}', as the column of the cases is called: rename it.")
        labels = {case: classes.index(name) for case, name in listed.classes.items()}
        training = tuple(case for case in listed.training if case in labels)

        def nothing(cases: tuple[str, ...]) -> np.ndarray:
            return np.zeros((len(cases), 0))

        return ProblemData(
            problem=self.name,
            classes=classes,
            target=self.target,
            training=nothing(training),
            training_labels=np.array([labels[case] for case in training], dtype=np.int64),
            training_cases=training,
            holdout=nothing(listed.holdout),
            holdout_labels=np.array([labels[case] for case in listed.holdout], dtype=np.int64),
            holdout_cases=listed.holdout,
            prospective=nothing(listed.prospective),
            prospective_cases=listed.prospective,
            facts={"cases_digest": listed.digest},
        )
