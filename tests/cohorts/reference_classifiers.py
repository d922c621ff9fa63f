"""The three classifiers by which the difficulty of a simulated cohort is judged."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.covariance import ledoit_wolf_shrinkage
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier


class ShrinkageLda(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Linear discriminant analysis with the Ledoit-Wolf shrunk pooled covariance, solved in the span of the cases.

    By Woodbury's identity the system has the size of the cases, not of the 5,000 features.
    """

    def fit(self, features: NDArray[np.float64], labels: NDArray[np.str_]) -> Self:
        self.classes_, codes = np.unique(labels, return_inverse=True)
        means = np.array([features[codes == code].mean(axis=0) for code in range(self.classes_.size)])
        residuals = features - means[codes]
        cases, width = residuals.shape
        shrinkage = ledoit_wolf_shrinkage(residuals, assume_centered=True)
        ridge = shrinkage * (residuals**2).sum() / cases / width
        inner = np.eye(cases) * ridge * cases / (1 - shrinkage) + residuals @ residuals.T
        self.weights_ = (means - np.linalg.solve(inner, residuals @ means.T).T @ residuals) / ridge
        self.offsets_ = np.log(np.bincount(codes) / cases) - 0.5 * (self.weights_ * means).sum(axis=1)
        return self

    def predict(self, features: NDArray[np.float64]) -> NDArray[np.str_]:
        chosen: NDArray[np.str_] = self.classes_[np.argmax(features @ self.weights_.T + self.offsets_, axis=1)]
        return chosen


def reference_classifiers() -> dict[str, Any]:
    return {
        "knn5": KNeighborsClassifier(5),
        "shrinkage_lda": ShrinkageLda(),
        "logistic_regression": LogisticRegression(max_iter=1000),
    }


def within_span(features: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns the cases' coordinates in their own span: distances, and so kNN and L2-penalised fits, are the same."""
    centred = features - features.mean(axis=0)
    left, singular, _ = np.linalg.svd(centred, full_matrices=False)
    return np.asarray(left * singular, dtype=np.float64)
