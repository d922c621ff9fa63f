"""Times longcon's reader of GEO tables against pandas, and measures how much memory it takes.

    python benchmarks/geo.py --json

A table like GSE90496's is simulated, wide and gzipped, of which a third of the samples are wanted. Both readers give
the same float32 matrix, detection limit applied. Each reading runs in a fresh process, ours and pandas' in turn.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import numpy as np
import pandas as pd
from numpy.typing import NDArray

# A script's own folder is on the path, the repository's root is not.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from longcon.cohorts.beta_table import read_beta_table
from longcon.cohorts.geo_files import BetaTableWriter
from longcon.cohorts.series_matrix import Sample
from longcon.draws import Draws

PROBES = 40_000
SAMPLES = 600
BLOCK = 500
LIMIT = 0.01
ROUNDS = 3
_MEGABYTE = 1e6


def wanted_numbers() -> list[int]:
    """Returns the wanted samples' numbers, every third."""
    return list(range(2, SAMPLES + 1, 3))


def write_table(path: Path) -> None:
    """Writes a table of random betas, a few of them missing or not detected."""
    with BetaTableWriter(path, SAMPLES) as table:
        for block in range(PROBES // BLOCK):
            draws = Draws(0, f"benchmark/{block}")
            level = draws.uniform(BLOCK, 1)
            betas = np.clip(level + 0.05 * draws.normal(BLOCK, SAMPLES), 0.0, 1.0)
            fate = draws.uniform(BLOCK, SAMPLES)
            p_values = np.where(fate < 0.01, 0.5, np.maximum(fate - 0.9, 0.0) * 0.09)
            empty, na = (fate > 0.01) & (fate < 0.015), (fate > 0.015) & (fate < 0.02)
            table.write(np.arange(block * BLOCK, (block + 1) * BLOCK), betas, p_values, empty, na)


def with_longcon(path: Path) -> NDArray[np.float32]:
    """Reads the wanted samples with longcon, (probes, samples)."""
    wanted = [Sample(f"GSM{number}", number, "any", "any") for number in wanted_numbers()]
    return read_beta_table(path, wanted, SAMPLES, LIMIT).betas


def with_pandas(path: Path) -> NDArray[np.float32]:
    """Reads the wanted samples with pandas' C parser, (probes, samples)."""
    positions = [1 + 2 * (number - 1) for number in wanted_numbers()]
    columns = sorted([0, *positions, *(position + 1 for position in positions)])
    frame = pd.read_csv(path, sep="\t", header=None, skiprows=1, usecols=columns, index_col=0, engine="c")
    values = frame.to_numpy(dtype=np.float64)
    betas, p_values = values[:, 0::2], values[:, 1::2]
    return np.where(p_values <= LIMIT, betas, np.nan).astype(np.float32)


READERS = {"longcon": with_longcon, "pandas": with_pandas}


def peak_bytes() -> int:
    """Returns the highest resident set size of this process so far."""
    status = Path("/proc/self/status")
    if status.exists():
        # Unlike ru_maxrss, this does not carry over from the process that started this one.
        line = next(line for line in status.read_text(encoding="utf-8").splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
    scale = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * scale


def measure_one(reader: str, path: Path) -> dict[str, float | str]:
    """Reads once in this process; returns seconds, extra peak memory in MB, and the matrix's digest."""
    import hashlib  # noqa: PLC0415 - after the first import of everything that is measured

    before = peak_bytes()
    start = time.perf_counter()
    betas = READERS[reader](path)
    seconds = time.perf_counter() - start
    extra = (peak_bytes() - before - betas.nbytes) / _MEGABYTE
    canonical = np.where(np.isnan(betas), np.float32(np.nan), betas)
    return {
        "seconds": seconds,
        "extra_peak_mb": extra,
        "sha256": hashlib.sha256(np.ascontiguousarray(canonical).tobytes()).hexdigest(),
    }


def _in_fresh_process(reader: str, path: Path) -> dict[str, float | str]:
    command = [sys.executable, __file__, "--measure", reader, "--table", str(path)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    result: dict[str, float | str] = json.loads(done.stdout)
    return result


def compare(folder: Path) -> dict[str, object]:
    """Returns the comparison as one record; raises SystemExit when the two readers disagree."""
    table = folder / "benchmark.txt.gz"
    start = time.perf_counter()
    write_table(table)
    simulated = time.perf_counter() - start
    runs: dict[str, list[dict[str, float | str]]] = {reader: [] for reader in READERS}
    for _ in range(ROUNDS):
        for reader, results in runs.items():
            results.append(_in_fresh_process(reader, table))
    digests = {run["sha256"] for results in runs.values() for run in results}
    if len(digests) != 1:
        raise SystemExit("longcon and pandas read different values.")
    seconds = {reader: [float(run["seconds"]) for run in results] for reader, results in runs.items()}
    memory = {reader: max(float(run["extra_peak_mb"]) for run in results) for reader, results in runs.items()}
    return {
        "probes": PROBES,
        "samples": SAMPLES,
        "wanted_samples": len(wanted_numbers()),
        "table_mb": round(table.stat().st_size / _MEGABYTE, 1),
        "simulate_s": round(simulated, 2),
        "longcon_s": round(median(seconds["longcon"]), 2),
        "pandas_s": round(median(seconds["pandas"]), 2),
        "longcon_all_s": [round(value, 2) for value in seconds["longcon"]],
        "pandas_all_s": [round(value, 2) for value in seconds["pandas"]],
        "speedup_over_pandas": round(median(seconds["pandas"]) / median(seconds["longcon"]), 2),
        "extra_peak_mb": round(memory["longcon"], 1),
        "pandas_extra_peak_mb": round(memory["pandas"], 1),
        "same_values": True,
    }


def main() -> None:
    """Runs the comparison and prints it."""
    parser = argparse.ArgumentParser(description="Times longcon's reader of GEO tables against pandas.")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--measure", choices=sorted(READERS), help=argparse.SUPPRESS)
    parser.add_argument("--table", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(measure_one(options.measure, options.table)))
        return
    with tempfile.TemporaryDirectory() as folder:
        record = compare(Path(folder))
    if options.json:
        print(json.dumps(record))
    else:
        for name, value in record.items():
            print(f"{name:22} {value}")


if __name__ == "__main__":
    main()
