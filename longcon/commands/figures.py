"""Draw Figures 1 and 2 of the paper from builds of this project.

Figure 1: precision against recall on the hold-out for k = 1, 2, 4, 8 in float64.
Figure 2: vector sine and residual over the epochs for k = 1, 2 in float64 and k = 1, 8 in float32.

Each is written as SVG and PDF with its numbers as CSV; figures.md has the captions. Builds are taken from the store
or trained. The residual at every iterate takes most of the time; --curvature-every=0 leaves it out.
"""

from __future__ import annotations

import argparse
import sys
import uuid
from collections.abc import Mapping

from longcon import figures
from longcon.builds import Store
from longcon.commands.build_options import add_build_options
from longcon.commands.figure_builds import Trained, obtain, work
from longcon.commands.figure_series import divergence_of, precision_recall_of
from longcon.commands.figure_text import about
from longcon.commands.output import require_writable, write_out
from longcon.commands.parser import Parser, UsageError, folder, whole_number
from longcon.commands.progress import Progress
from longcon.devices import Device, parse_devices
from longcon.problems import GbmProblem, ProblemData


def add_options(parser: Parser) -> None:
    """Adds the command's options."""
    add = parser.add_argument
    add("--out", type=folder("--out"), metavar="FOLDER", help="where the figures go; required")
    add(
        "--surrogate",
        default="mkl:COMPATIBLE",
        metavar="NAME",
        help="device that Figure 2 compares with cpu: mkl:COMPATIBLE, isa:NAME or order:N (default: %(default)s)",
    )
    add(
        "--curvature-every",
        type=whole_number("--curvature-every", 0),
        default=1,
        metavar="N",
        help="iterates from one residual to the next; 0 for no residual (default: %(default)s, as in the paper)",
    )
    add_build_options(parser)


def run(options: argparse.Namespace) -> int:
    """Draws the figures.

    Raises:
        UsageError: an option is missing, or its value cannot be used.
        LongconError: the data, the store or a build cannot be used.
    """
    if options.out is None:
        raise UsageError("--out is missing: give the folder for the figures, such as --out=figures.")
    devices = _devices(options.surrogate)
    require_writable(options.out)
    store = Store(options.store, uuid.uuid4().hex)
    problem = GbmProblem(options.features, store.root / "cohorts", options.data, options.cohort_seed)
    data = problem.data(Progress({}).reading)
    progress = Progress(work(options, devices, len(data.training)))
    trained = obtain(options, devices, data, progress.building)
    progress.done()
    for name, content in _drawn(trained, devices, data).items():
        write_out(options.out / name, content)
        sys.stdout.write(f"{options.out / name}\n")
    return 0


def _devices(surrogate: str) -> tuple[Device, Device]:
    devices = parse_devices(["cpu"], [surrogate])
    if len(devices) != 2:
        raise UsageError("--surrogate is 'none', but Figure 2 compares two devices: give one such as order:1.")
    return devices[0], devices[1]


def _drawn(
    trained: Mapping[tuple[str, int], Trained], devices: tuple[Device, Device], data: ProblemData
) -> dict[str, bytes]:
    """Returns every file by its name."""
    originals = {k: pair.original for (dtype, k), pair in trained.items() if dtype == "float64"}
    curves = [precision_recall_of(originals[k], data) for k in sorted(originals)]
    pairs = [divergence_of(pair.original, pair.rebuild, data) for pair in trained.values() if pair.rebuild is not None]
    first = figures.precision_recall_caption(curves, data.target, len(data.holdout))
    second = figures.divergence_caption(pairs, devices[0].name, devices[1].name)
    drawn = {
        "figure-1": figures.vector_files(figures.draw_precision_recall(curves), "Figure 1", first),
        "figure-2": figures.vector_files(figures.draw_divergence(pairs), "Figure 2", second),
    }
    files = {name + suffix: content for name, both in drawn.items() for suffix, content in both.items()}
    files["figure-1.csv"] = figures.precision_recall_table(curves)
    files["figure-2.csv"] = figures.divergence_table(pairs)
    files["figures.md"] = about(first, second, trained, data)
    return files
