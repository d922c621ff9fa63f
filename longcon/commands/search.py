"""Search learning rate and weight decay on the paper's grid, and write the chosen recipe into a protocol.

Every point of an 8 x 8 logarithmic grid, exp(-6) to exp(-2) for both, is trained; its score is the least error at full
recall on the hold-out over its epochs. The chosen recipe goes into OUT/protocol.toml, released at the epoch of that
error; the grid goes into OUT/points.csv and OUT/heat-map.svg. With --repeatable, the points within one standard error
of the least are rebuilt on the surrogates, and the one whose rebuilds stay together longest is chosen.
An interrupted search goes on where it was when it is started again.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from longcon.builds import Workshop
from longcon.commands.cluster_option import add_cluster_option, connected
from longcon.commands.output import require_writable, write_out
from longcon.commands.parser import Parser, UsageError, folder, number, whole_number
from longcon.commands.progress import Progress
from longcon.commands.run_options import Asked, add_run_options, asked_of, prepared_for, processors, store_of
from longcon.commands.search_files import Chosen, files_of
from longcon.commands.search_text import as_json, as_text
from longcon.devices import Device
from longcon.search import (
    Found,
    Grid,
    Rebuilt,
    most_repeatable,
    rebuilt,
    search,
    title_of_point,
    title_of_rebuild,
    within_one_standard_error,
)
from longcon.training import Recipe

if TYPE_CHECKING:
    from longcon.builds.cluster.cluster import Cluster

_FLAGS = (
    "--device",
    "--surrogate",
    "--k",
    "--dtype",
    "--arithmetic",
    "--epochs",
    "--seed",
    "--problem",
    "--features",
    "--data",
    "--cohort-seed",
    "--sine-tolerance",
)


def add_options(parser: Parser) -> None:
    """Adds the command's options."""
    add = parser.add_argument
    add(
        "--out",
        type=folder("--out"),
        default=Path("search").absolute(),
        metavar="FOLDER",
        help="where protocol, heat map and points go (default: search)",
    )
    add("--repeatable", action="store_true", help="choose among the best points by repeatability")
    add(
        "--stop-hopeless",
        action="store_true",
        help="train to the end only what may win after a quarter of the epochs; what was stopped is told",
    )
    add(
        "--grid",
        type=whole_number("--grid", 1),
        default=Grid.size,
        metavar="N",
        help="values of each parameter (default: %(default)s)",
    )
    add(
        "--low",
        type=number("--low"),
        default=Grid.low,
        metavar="L",
        help="natural logarithm of the least value (default: %(default)s)",
    )
    add(
        "--high",
        type=number("--high"),
        default=Grid.high,
        metavar="H",
        help="natural logarithm of the largest value (default: %(default)s)",
    )
    add("--json", action="store_true", help="print JSON")
    add_run_options(parser, _FLAGS)
    add_cluster_option(parser)


def run(options: argparse.Namespace) -> int:
    """Searches and writes what was found.

    Raises:
        UsageError: an option cannot be used, or there is a protocol already.
        LongconError: the problem or the store cannot be used, or no point could be trained.
    """
    if options.repeatable and options.stop_hopeless:
        raise UsageError(
            "--repeatable was given beside --stop-hopeless, but the least errors of stopped points are not known: "
            "leave one of them out."
        )
    grid = Grid(options.low, options.high, options.grid)
    if os.path.lexists(options.out / "protocol.toml"):
        raise UsageError(
            f"{options.out / 'protocol.toml'} is there already, and a protocol is not overwritten: give another --out."
        )
    require_writable(options.out)
    with connected(options) as cluster:
        asked = asked_of(options, "search", cluster)
        chosen, devices = _searched(options, asked, grid, cluster)
    for name, content in files_of(chosen, asked.protocol).items():
        write_out(options.out / name, content)
    sys.stdout.write(as_json(chosen) + "\n" if options.json else as_text(chosen, devices, options.out))
    return 0


def _searched(
    options: argparse.Namespace, asked: Asked, grid: Grid, cluster: Cluster | None
) -> tuple[Chosen, tuple[Device, ...]]:
    store = store_of(options)
    work: dict[str, float] = {}
    progress = Progress(work)
    ready = prepared_for(asked, store, [asked.recipe], progress.reading)
    recipes = tuple(grid.recipes(ready.recipes[0]))
    work.update(_work(recipes))
    workshop = Workshop(
        store,
        ready.data,
        recipes,
        cluster.announcing(progress.building, work) if cluster else progress.building,
        jobs=options.jobs or (cluster.jobs if cluster else processors()),
        problem=ready.problem,
        executor=cluster.executor(ready.problem) if cluster else None,
        fresh=options.fresh,
    )
    try:
        if cluster is not None:
            _require_alike(workshop, ready.devices if options.repeatable else ready.devices[:1], recipes[0])
        found = search(workshop, ready.devices[0], recipes, stop_hopeless=options.stop_hopeless)
        rivals = _rivals(options, asked, workshop, ready.devices, found, work)
    finally:
        workshop.close()
    progress.done()
    recipe = most_repeatable(rivals).point if rivals else found.winner
    return Chosen(grid, found, rivals, recipe, asked.protocol.limits.sine_tolerance), ready.devices


def _rivals(
    options: argparse.Namespace,
    asked: Asked,
    workshop: Workshop,
    devices: Sequence[Device],
    found: Found,
    work: dict[str, float],
) -> tuple[Rebuilt, ...]:
    """Returns the candidates with their rebuilds; nothing where repeatability was not asked for."""
    if not options.repeatable:
        return ()
    candidates, _ = within_one_standard_error(found.points)
    for point in candidates:
        work.update({title_of_rebuild(point, device): float(point.recipe.epochs) for device in devices[1:]})
    return rebuilt(workshop, devices[0], devices[1:], candidates, asked.protocol.limits.sine_tolerance)


def _require_alike(workshop: Workshop, devices: Sequence[Device], recipe: Recipe) -> None:
    """Checks that the workers of each device compute alike, before anything is trained on any."""
    for device in devices:
        workshop.look_at(device)
    for device in devices:
        workshop.fingerprint(device, recipe)


def _work(recipes: Sequence[Recipe]) -> dict[str, float]:
    return {title_of_point(recipe): float(recipe.epochs) for recipe in recipes}
