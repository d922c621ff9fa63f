"""A small one-dimensional convolutional network, on traces that are drawn.

pytest validation --problem=docs/examples/convolution.py:Traces --k=2 --epochs=12
"""

import numpy as np
import torch
from torch import nn

from longcon.draws import Draws
from longcon.problems import Table, TabularProblem

LENGTH = 48
CASES = {"one peak": 120, "two peaks": 120, "no peak": 120}


class Traces(TabularProblem):
    """How many peaks a noisy trace has; --cohort-seed draws others."""

    name = "peaks in traces, drawn"
    target = "two peaks"

    def cohorts(self):
        """Returns traces to train on, and new ones of the same kinds."""
        return self._drawn("reference"), self._drawn("prospective")

    def model(self, features, classes, recipe):
        """Returns two convolutions, a dropout and a fully connected layer."""
        return nn.Sequential(
            nn.Unflatten(1, (1, features)),
            nn.Conv1d(1, 6, kernel_size=5, padding=2),
            nn.ReLU(),
            nn.MaxPool1d(4),
            nn.Conv1d(6, 8, kernel_size=3, padding=1),
            nn.ReLU(),
            nn.Flatten(),
            nn.Dropout(0.2),
            nn.Linear(8 * (features // 4), classes),
        )

    def optimiser(self, parameters, recipe):
        """Returns stochastic gradient descent with momentum."""
        return torch.optim.SGD(parameters, lr=0.005, momentum=0.9)

    def _drawn(self, cohort):
        draws = Draws(self.seed, f"traces, {cohort}")
        labels = [name for name, count in CASES.items() for _ in range(count)]
        traces = 0.15 * draws.normal(len(labels), LENGTH)
        places = 6 + (draws.uniform(len(labels)) * 14).astype(int)
        distances = 12 + (draws.uniform(len(labels)) * 8).astype(int)
        position = np.arange(LENGTH)
        for case, (label, place, distance) in enumerate(zip(labels, places, distances, strict=True)):
            for centre in {"no peak": (), "one peak": (place,), "two peaks": (place, place + distance)}[label]:
                traces[case] += np.maximum(0.0, 1.5 - 0.5 * np.abs(position - centre))
        return Table(
            cases=tuple(f"{cohort} {number}" for number in range(len(labels))),
            features=tuple(f"t{number}" for number in position),
            values=traces,
            labels=tuple(labels),
            digest="drawn",
        )
