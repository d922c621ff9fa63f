"""A random forest: votes of trees that compare and count, which little round-off reaches.

protocol.toml:

    train = "python random_forest.py --seed {seed} --out {out}"
    reads = ["breast_cancer.py", "cases.csv"]
"""

from __future__ import annotations

import argparse
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from breast_cancer import CLASSES, read
from sklearn.ensemble import RandomForestClassifier

parser = argparse.ArgumentParser()
parser.add_argument("--seed", type=int, required=True)
parser.add_argument("--out", type=Path, required=True)
options = parser.parse_args()

data = read()
# One thread: the trees' votes would be added in the order in which threads end.
model = RandomForestClassifier(n_estimators=100, random_state=options.seed, n_jobs=1)
model.fit(data.training, data.labels)

scores = model.predict_proba(data.measurements)
table = {"case": data.cases} | {name: scores[:, index] for index, name in enumerate(CLASSES)}
pq.write_table(pa.table(table), options.out / "scores.parquet")
