"""My classifier, as longcon validates it.

    pytest validation --problem=problem.py:MyClassifier --k=2

It runs as it is, on example tables. Make it yours from top to bottom: the tables, the target class, the model, the loss
and the optimiser. What you delete is filled in by TabularProblem; docs/problems.md says how, and what else there is.
"""

from collections.abc import Iterable
from pathlib import Path

import torch
from torch import nn

from longcon.problems import Loss, Recipe, Table, TabularProblem, read_table

HERE = Path(__file__).parent


class MyClassifier(TabularProblem):
    """Malignant or benign, from measurements of cell nuclei."""

    name = "my classifier"  # in the report
    target = "malignant"  # the class of clinical interest, as the tables spell it

    def cohorts(self) -> tuple[Table, Table]:
        """Returns the cases that the classifier is trained and tuned on, and new ones on which rebuilds must agree."""
        # One row is one case: a column of identifiers, one of classes, and measurements. CSV, Parquet or .h5ad.
        reference = read_table(HERE / "reference.csv", case="case", label="diagnosis")
        # The classes of new cases are not needed; where they are there, they are no measurements.
        prospective = read_table(HERE / "prospective.csv", case="case", leave_out=["diagnosis"])
        return reference, prospective

    def model(self, features: int, classes: int, recipe: Recipe) -> nn.Module:
        """Returns a new model. It takes cases x features and returns cases x classes, before the softmax."""
        return nn.Sequential(
            nn.Linear(features, 16),
            nn.LayerNorm(16, eps=recipe.layer_norm_epsilon),
            nn.ReLU(),
            nn.Linear(16, classes),
        )

    def loss(self) -> Loss:
        """Returns the loss of outputs and labels: the mean over the minibatch."""
        return nn.CrossEntropyLoss()

    def optimiser(self, parameters: Iterable[nn.Parameter], recipe: Recipe) -> torch.optim.Optimizer:
        """Returns the optimiser; --learning-rate and --weight-decay arrive in the recipe."""
        return torch.optim.Adam(parameters, lr=recipe.learning_rate, weight_decay=recipe.weight_decay)
