"""A logistic regression, a convex problem: every run that converges ends at the same coefficients, but for round-off.

protocol.toml:

    train = "python logistic_regression.py --seed {seed} --out {out}"
    reads = ["breast_cancer.py", "cases.csv"]
    parameters = true
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

import numpy as np
from breast_cancer import CLASSES, read
from safetensors.numpy import save_file
from sklearn.linear_model import LogisticRegression

parser = argparse.ArgumentParser()
parser.add_argument("--seed", type=int, required=True)
parser.add_argument("--out", type=Path, required=True)
options = parser.parse_args()

data = read()
# The seed sets the order of the cases, and so of every sum over them.
order = np.random.default_rng(options.seed).permutation(len(data.labels))
model = LogisticRegression(solver="newton-cholesky", tol=1e-12, max_iter=100)
model.fit(data.training[order], data.labels[order])

with (options.out / "scores.csv").open("w", encoding="utf-8", newline="") as file:
    writer = csv.writer(file)
    writer.writerow(["case", *CLASSES])
    for case, scores in zip(data.cases, model.predict_proba(data.measurements), strict=True):
        # repr gives every bit of a number; fewer digits would hide differences.
        writer.writerow([case, *map(repr, scores.tolist())])
save_file({"coefficients": model.coef_, "intercept": model.intercept_}, options.out / "parameters.safetensors")
