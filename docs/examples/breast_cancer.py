"""Breast-cancer data of scikit-learn, by a small fully connected network.

pytest validation --problem=docs/examples/breast_cancer.py:BreastCancer --k=2 --epochs=12
"""

import numpy as np
from sklearn.datasets import load_breast_cancer
from torch import nn

from longcon.problems import Table, TabularProblem, parted


class BreastCancer(TabularProblem):
    """Malignant or benign, from 30 measurements of cell nuclei."""

    name = "breast cancer, scikit-learn's data"
    target = "malignant"

    def cohorts(self):
        """Returns a reference cohort and a prospective set: half of each class."""
        data = load_breast_cancer()
        whole = Table(
            cases=tuple(f"case {number}" for number in range(len(data.data))),
            features=tuple(map(str, data.feature_names)),
            values=np.ascontiguousarray(data.data, dtype=np.float64),
            labels=tuple(str(data.target_names[label]) for label in data.target),
            digest="shipped with scikit-learn",
        )
        return parted(whole, share=0.5, seed=self.seed)

    def model(self, features, classes, recipe):
        """Returns 30 measurements, 16 units, 2 classes."""
        return nn.Sequential(nn.Linear(features, 16), nn.LayerNorm(16), nn.ReLU(), nn.Linear(16, classes))
