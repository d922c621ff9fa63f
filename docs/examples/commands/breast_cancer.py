"""The breast-cancer data of scikit-learn in three splits, shared by the example commands.

    python breast_cancer.py        writes cases.csv

cases.csv lists the hold-out and the prospective cases; all others are for training.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.datasets import load_breast_cancer

CLASSES = ("malignant", "benign")
CASES = Path("cases.csv")


@dataclass(frozen=True)
class Data:
    """Measurements to train on, and those to score.

    Attributes:
        training: cases x features, standardised by the training split's own means and deviations.
        labels: indices into ``CLASSES``.
        cases: identifiers of the cases to score.
        measurements: of these cases, standardised alike.
    """

    training: np.ndarray
    labels: np.ndarray
    cases: list[str]
    measurements: np.ndarray


def read() -> Data:
    """Returns the data; what is not listed in cases.csv is for training."""
    with CASES.open(encoding="utf-8", newline="") as file:
        listed = [row["case"] for row in csv.DictReader(file)]
    values, labels = load_breast_cancer(return_X_y=True)
    to_score = np.array([int(case) for case in listed])
    training = np.setdiff1d(np.arange(len(values)), to_score)
    centre, spread = values[training].mean(axis=0), values[training].std(axis=0)
    standard = (values - centre) / spread
    return Data(standard[training], labels[training], listed, standard[to_score])


def write_cases() -> None:
    """Writes every fourth case as hold-out and the one after it as prospective."""
    labels = load_breast_cancer().target
    with CASES.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["case", "split", "class"])
        for number, label in enumerate(labels):
            split = {0: "holdout", 1: "prospective"}.get(number % 4)
            if split:
                writer.writerow([f"{number:03}", split, CLASSES[label]])


if __name__ == "__main__":
    write_cases()
