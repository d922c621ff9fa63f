"""Gradient boosting by LightGBM, with the settings that make it repeat itself.

protocol.toml:

    train = "python gradient_boosting.py --seed {seed} --out {out}"
    reads = ["breast_cancer.py", "cases.csv"]
"""

from __future__ import annotations

import argparse
from pathlib import Path

import lightgbm
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from breast_cancer import CLASSES, read

parser = argparse.ArgumentParser()
parser.add_argument("--seed", type=int, required=True)
parser.add_argument("--out", type=Path, required=True)
options = parser.parse_args()

SETTINGS = {
    "objective": "binary",
    "seed": options.seed,
    "deterministic": True,
    # Else LightGBM times both ways of building histograms, and takes the one that was faster this time.
    "force_row_wise": True,
    "num_threads": 1,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "feature_fraction": 0.8,
    "verbosity": -1,
}

data = read()
booster = lightgbm.train(SETTINGS, lightgbm.Dataset(data.training, data.labels), num_boost_round=100)

benign = np.asarray(booster.predict(data.measurements))
table = {"case": data.cases} | dict(zip(CLASSES, (1.0 - benign, benign), strict=True))
pq.write_table(pa.table(table), options.out / "scores.parquet")
