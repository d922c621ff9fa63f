"""Problems: the classifier under validation with its data."""

from longcon.cohorts import Table, read_table
from longcon.problems.command import Command
from longcon.problems.command_problem import CommandProblem
from longcon.problems.gbm import GbmProblem
from longcon.problems.problem import Problem, ProblemData, Progress, digest_of, load_data
from longcon.problems.roster import Roster, ScoredCases
from longcon.problems.source import KNOWN, LoadedProblem, ProblemSource
from longcon.problems.tabular import TabularProblem, parted, standardisation
from longcon.problems.trial import Trial, data_of, tried
from longcon.training import Loss, PaperMethod, Recipe

__all__ = [
    "KNOWN",
    "Command",
    "CommandProblem",
    "GbmProblem",
    "LoadedProblem",
    "Loss",
    "PaperMethod",
    "Problem",
    "ProblemData",
    "ProblemSource",
    "Progress",
    "Recipe",
    "Roster",
    "ScoredCases",
    "Table",
    "TabularProblem",
    "Trial",
    "data_of",
    "digest_of",
    "load_data",
    "parted",
    "read_table",
    "standardisation",
    "tried",
]
