"""Problems: the classifier under validation with its data."""

from longcon.problems.gbm import GbmProblem
from longcon.problems.problem import Problem, ProblemData, Progress, digest_of, load_data

__all__ = ["GbmProblem", "Problem", "ProblemData", "Progress", "digest_of", "load_data"]
