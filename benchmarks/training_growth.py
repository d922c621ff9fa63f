"""How the cost of a training step grows with the number of features and with k; one JSON object a line.

    python benchmarks/training_growth.py

Each line is what `training_step.py` prints for one size. The largest needs about 12 GB of memory.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

# A script's own folder is on the path, the repository's root is not.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.training_step import measure
from longcon.devices import enforce

SIZES = [(5_000, 1), (20_000, 1), (51_000, 1), (51_000, 2), (51_000, 8), (51_000, 32), (200_000, 1), (850_000, 1)]


def main() -> None:
    """Measures and prints."""
    enforce()
    for features, k in SIZES:
        print(json.dumps(measure(features, k, "float64", seconds=5.0)), flush=True)


if __name__ == "__main__":
    main()
