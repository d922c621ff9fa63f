"""Options of commands that train builds of any problem: a protocol, its flags, and where builds are kept."""

from __future__ import annotations

import argparse
import os
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from longcon.builds import Store
from longcon.builds.preparation import Prepared, load_problem, prepared
from longcon.builds.remote_url import is_url
from longcon.builds.store_places import open_store
from longcon.commands.parser import Parser, UsageError, file, whole_number
from longcon.devices import Device, is_elsewhere, parse_devices
from longcon.problems import Progress
from longcon.protocol import Protocol, add_flags, deviate, given, read_protocol
from longcon.training import Recipe

if TYPE_CHECKING:
    from longcon.builds.cluster.cluster import Cluster


@dataclass(frozen=True)
class Asked:
    """What a command is asked to train.

    Attributes:
        protocol: the file's, with what the command line says in its place.
        recipe: the one recipe of it.
        devices: the original's first.
    """

    protocol: Protocol
    recipe: Recipe
    devices: tuple[Device, ...]


def add_run_options(parser: Parser, flags: Sequence[str]) -> None:
    """Adds ``--protocol``, ``--store``, ``--fresh``, ``--jobs`` and some flags of a protocol.

    Args:
        parser: of the command.
        flags: by name.
    """
    add = parser.add_argument
    add(
        "--protocol",
        type=file("--protocol"),
        metavar="FILE",
        help="protocol.toml, whose values stand where no flag does (default: none)",
    )
    add(
        "--store",
        default=".longcon",
        metavar="PLACE",
        help="folder of builds, or a URL such as s3://bucket/prefix (default: %(default)s)",
    )
    add("--fresh", action="store_true", help="train again what the store holds")
    add(
        "--jobs",
        type=whole_number("--jobs", 1),
        default=processors(),
        metavar="N",
        help="builds trained at a time (default: one per processor)",
    )
    add_flags(add, lambda name: name in flags)


def processors() -> int:
    """Returns how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def asked_of(options: argparse.Namespace, command: str, cluster: Cluster | None = None) -> Asked:
    """Returns what the options of a command ask for.

    Args:
        options: as `add_run_options` has them.
        command: its name, for errors.
        cluster: whose workers train; None where this machine does.

    Raises:
        LongconError: a value is wrong, or the command cannot do it.
    """
    frozen = None if options.protocol is None else read_protocol(options.protocol)
    run, _ = deviate(frozen, given(vars(options), Path.cwd()))
    if run.problem.train is not None:
        raise UsageError(
            f"{run.file}, [problem] train: a command trains by itself, and {command} trains by recipes: "
            "name a problem in its place."
        )
    if len(run.recipe.recipes) > 1:
        ks = ", ".join(str(k) for k in run.recipe.k)
        raise UsageError(f"k is {ks}, but {command} takes one recipe: give one --k.")
    return Asked(run, run.recipe.recipes[0], _devices(run, command, cluster))


def _devices(run: Protocol, command: str, cluster: Cluster | None) -> tuple[Device, ...]:
    for name in filter(is_elsewhere, run.devices.required):
        if cluster is not None and "@" in name:
            if not cluster.trains(name):
                raise cluster.not_offered(name, imports=False)
            continue
        raise UsageError(f"--device={name}: {command} trains its builds itself: give a device of this machine.")
    parse = parse_devices if cluster is None else cluster.devices
    return parse(run.devices.required, run.devices.surrogates, run.recipe.arithmetic)


def store_of(options: argparse.Namespace) -> Store:
    """Returns the store that the options name, opened for one run.

    Raises:
        UsageError: none is named.
        StoreError: it cannot be written.
    """
    if not options.store:
        raise UsageError("--store is empty, as an unset variable leaves it: give a folder or leave it out.")
    place = options.store if is_url(options.store) else Path(options.store).absolute()
    return open_store(place, uuid.uuid4().hex)


def prepared_for(asked: Asked, store: Store, recipes: Sequence[Recipe], progress: Progress) -> Prepared:
    """Returns the problem, ready to be trained by some recipes on the devices that were asked for.

    Raises:
        LongconError: the problem or its data cannot be used.
    """
    run = asked.protocol
    loaded = load_problem(run.problem, store.root / "cohorts", str(Path.cwd()))
    return prepared(
        loaded,
        recipes,
        asked.devices,
        progress,
        source=run.problem.source,
        surrogates_by_device=not run.devices.surrogates,
    )
