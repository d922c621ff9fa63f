"""The option of commands whose builds may be trained on a cluster by Dask."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from longcon.builds.cluster import connect
from longcon.commands.parser import Parser, UsageError

if TYPE_CHECKING:
    from longcon.builds.cluster.cluster import Cluster


def add_cluster_option(parser: Parser) -> None:
    """Adds ``--cluster``; ``--jobs``, added before, is then None where nobody gave it."""
    parser.add_argument(
        "--cluster",
        type=_address,
        metavar="ADDRESS",
        help="train on a cluster by Dask, e.g. tcp://node-1:8786, where its scheduler is (default: on this machine)",
    )
    parser.set_defaults(jobs=None)


@contextmanager
def connected(options: argparse.Namespace) -> Iterator[Cluster | None]:
    """Holds the cluster that the options name; None where they name none.

    Raises:
        ClusterError: it cannot be used.
    """
    if options.cluster is None:
        yield None
        return
    cluster = connect(options.cluster)
    try:
        yield cluster
    finally:
        cluster.close()


def _address(text: str) -> str:
    if not text:
        raise UsageError("--cluster is empty, as an unset variable leaves it: give a scheduler or leave it out.")
    return text
