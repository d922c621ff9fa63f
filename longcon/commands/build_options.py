"""Options shared by the commands that train builds; names, meanings and defaults are those of the validation."""

from __future__ import annotations

import os
from pathlib import Path

from longcon.commands.parser import Parser, folder, whole_number


def add_build_options(parser: Parser) -> None:
    """Adds the options that say which cohort builds are trained on, for how long, and where they are kept."""
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    add = parser.add_argument
    add(
        "--features",
        type=whole_number("--features", 1),
        default=5000,
        metavar="N",
        help="probes seen (default: %(default)s)",
    )
    add(
        "--epochs",
        type=whole_number("--epochs", 1),
        default=64,
        metavar="N",
        help="epochs trained (default: %(default)s)",
    )
    add(
        "--seed",
        type=whole_number("--seed", 0),
        default=0,
        metavar="N",
        help="of initial values and case order (default: %(default)s)",
    )
    add(
        "--cohort-seed",
        type=whole_number("--cohort-seed", 0),
        default=0,
        metavar="N",
        help="of simulation and split (default: %(default)s)",
    )
    add("--data", type=folder("--data"), metavar="FOLDER", help="folder of GEO's files (default: simulated cohorts)")
    add(
        "--store",
        type=folder("--store"),
        default=Path(".longcon").absolute(),
        metavar="FOLDER",
        help="folder of builds (default: .longcon)",
    )
    add("--fresh", action="store_true", help="train again what the store holds")
    add(
        "--jobs",
        type=whole_number("--jobs", 1),
        default=processors,
        metavar="N",
        help="builds trained at a time (default: one per processor)",
    )
