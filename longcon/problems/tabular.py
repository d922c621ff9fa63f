"""Problems given as tables: what a problem usually needs, filled in."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from longcon.cohorts import Table, stratified_split
from longcon.errors import CohortError
from longcon.problems.problem import ProblemData, Progress
from longcon.training import PaperMethod

Values = NDArray[np.float64]


class TabularProblem(PaperMethod, ABC):
    """A problem whose cohorts are two tables: a reference cohort with classes, and a prospective set.

    A subclass says the target class and gives the tables. Unless it says otherwise a quarter of each class is held out,
    measurements are standardised by mean and standard deviation of the training split, and model, loss and optimiser
    are the paper's.

    Attributes:
        target: the class of clinical interest.
        name: in reports; that of the class where a subclass says none.

    Args:
        seed: of the split; ``--cohort-seed``.
    """

    target: str
    name: str = ""

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed
        self.name = self.name or type(self).__name__

    @abstractmethod
    def cohorts(self) -> tuple[Table, Table]:
        """Returns the reference cohort, with labels, and the prospective set."""

    def prepare(self, training: Values) -> Callable[[Values], Values]:
        """Returns what turns measurements, cases x features, into those that the model sees.

        Whatever it estimates it estimates on the training split alone; the hold-out must stay unseen.

        Args:
            training: float64, training cases x features.
        """
        return standardisation(training)

    def data(self, progress: Progress) -> ProblemData:
        """Returns the tables, split and prepared.

        Raises:
            CohortError: the tables cannot be used together.
        """
        progress("reading the tables", 0, 1)
        reference, prospective = self.cohorts()
        progress("reading the tables", 1, 1)
        if reference.labels is None:
            raise CohortError("The reference cohort has no classes: name their column, as read_table(..., label=...).")
        columns = _columns_of(prospective, reference)
        split = stratified_split(reference.labels, self.seed)
        classes = tuple(sorted(set(reference.labels)))
        labels = np.array([classes.index(name) for name in reference.labels], dtype=np.int64)
        prepared = self.prepare(reference.values[split.training])
        return ProblemData(
            problem=self.name,
            classes=classes,
            target=self.target,
            training=prepared(reference.values[split.training]),
            training_labels=labels[split.training],
            training_cases=tuple(reference.cases[i] for i in split.training),
            holdout=prepared(reference.values[split.holdout]),
            holdout_labels=labels[split.holdout],
            holdout_cases=tuple(reference.cases[i] for i in split.holdout),
            prospective=prepared(prospective.values[:, columns]),
            prospective_cases=prospective.cases,
            facts={
                "reference_digest": reference.digest,
                "prospective_digest": prospective.digest,
                "features": len(reference.features),
                "seed": self.seed,
            },
        )


def standardisation(training: Values) -> Callable[[Values], Values]:
    """Returns what takes measurements to mean 0 and standard deviation 1 of the training split.

    A measurement that does not vary there becomes 0. Sums are taken case by case, so that their bits are the same on
    every machine.

    Args:
        training: float64, training cases x features.
    """
    mean = _sum_of_cases(training) / len(training)
    deviation = np.sqrt(_sum_of_cases((training - mean) ** 2) / len(training))
    # The mean of equal numbers is not quite that number, and what is left of them would be scaled up.
    varies = (training != training[0]).any(axis=0) & (deviation > 0)
    scale = np.where(varies, deviation, np.inf)
    return lambda values: (values - mean) / scale


def parted(table: Table, share: float, seed: int = 0) -> tuple[Table, Table]:
    """Returns a table in two parts, so that one can serve as the prospective set where there is no other.

    Args:
        table: with labels.
        share: of each class that goes to the second part.
        seed: of the draw.

    Raises:
        CohortError: the table has no labels, or a class is too small to be parted.
    """
    if table.labels is None:
        raise CohortError("A table without classes cannot be parted class by class: name their column by label=.")
    parts = stratified_split(table.labels, seed, share)
    first, second = (_rows(table, rows) for rows in (parts.training, parts.holdout))
    return first, second


def _rows(table: Table, rows: NDArray[np.int64]) -> Table:
    labels = table.labels
    return Table(
        tuple(table.cases[i] for i in rows),
        table.features,
        table.values[rows],
        None if labels is None else tuple(labels[i] for i in rows),
        table.digest,
    )


def _columns_of(prospective: Table, reference: Table) -> list[int]:
    """Returns where the reference cohort's measurements stand in the prospective set."""
    places = {name: place for place, name in enumerate(prospective.features)}
    missing = [name for name in reference.features if name not in places]
    if missing:
        raise CohortError(
            f"The prospective set lacks {len(missing)} of the reference cohort's {len(reference.features)} "
            f"measurements, first '{missing[0]}': give the same measurements."
        )
    return [places[name] for name in reference.features]


def _sum_of_cases(values: Values) -> Values:
    total = np.zeros(values.shape[1])
    for row in values:
        total += row
    return total
