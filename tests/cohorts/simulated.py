"""Prints digests of everything that must have the same bits on every machine; run in a process of its own."""

from __future__ import annotations

import gzip
import hashlib
import json
import sys
from pathlib import Path

import numpy as np

from longcon.cohorts import gbm_family, geo_sources, impute, m_values, select_features, simulate, training_medians

PROBES = 700


def digests(folder: Path) -> dict[str, str]:
    simulate(folder, seed=0, probes=PROBES)
    texts = {path.name: gzip.decompress(path.read_bytes()) for path in sorted(folder.iterdir())}
    reference = geo_sources(folder)[0].read(gbm_family().classes)
    selected = select_features(reference.betas, reference.probes, 500)
    values = m_values(impute(reference.betas, training_medians(reference.betas))[selected]).values
    found = {name: hashlib.sha256(text).hexdigest() for name, text in texts.items()}
    found["betas"] = reference.digest
    found["selected"] = hashlib.sha256(selected.astype("<i8").tobytes()).hexdigest()
    found["m_values"] = hashlib.sha256(values.astype("<f8").tobytes()).hexdigest()
    return found


if __name__ == "__main__":
    simd = np.show_config(mode="dicts")["SIMD Extensions"]
    print(json.dumps({"digests": digests(Path(sys.argv[1])), "features": simd.get("found", [])}))  # noqa: T201
