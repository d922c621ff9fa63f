"""The bench on which defects are planted: copies of real builds, resealed as no accident would leave them."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load, save

from fixtures.options import Settings
from longcon.builds import Build, Store, canonical_json, read_build
from longcon.builds.build_writer import seal
from longcon.checks import cutoff_of
from longcon.devices import parse_devices
from longcon.problems import ProblemData, load_data
from longcon.training import Recipe
from tests.plain_settings import plain_settings
from tests.planted.driver import Driver
from tests.small_store import copied

Tensors = dict[str, np.ndarray[Any, Any]]
Change = Callable[[Tensors], None]
CPU, ORDER = "cpu", "cpu+order:1"
# All runs of the bench are one run to the store, so that a device's fingerprint is taken once.
RUN = "planted"


@dataclass
class Bench:
    """Real builds to do damage to.

    Attributes:
        small: the store that all tests share; never altered.
        place: an empty folder.
        driver: runs the validation.
    """

    small: Path
    place: Path
    driver: Driver

    def true(self, device: str = CPU, replicate: int = 1) -> Build:
        """Returns a build as it was trained."""
        return _build(self.small, self._names, device, replicate)

    def copy(self, device: str = CPU, replicate: int = 1) -> Build:
        """Returns a copy of a build, in a store of this bench."""
        return _build(self.store, self._names, device, replicate)

    def resumed(self) -> Build:
        """Returns a copy of what a killed process and the one that went on trained of the original build."""
        return _build(self.store, self._names, CPU, 1, killed=True)

    @cached_property
    def store(self) -> Path:
        """A copy of the store, with the fingerprints of the run that made it."""
        store = copied(self.small, self.place / "store")
        (facts,) = {note.parent for note in self.small.glob("runs/*/trained-*") if note.name[8:] in self._names}
        shutil.copytree(facts, store / "runs" / RUN, ignore=shutil.ignore_patterns("trained-*"))
        return store

    @cached_property
    def data(self) -> ProblemData:
        """What the builds were trained on."""
        return load_data(Store(self.small, RUN).data_path(self.true().request["data"]))

    @cached_property
    def epoch(self) -> int:
        """The released epoch."""
        return self.true().best_epoch

    @cached_property
    def tau(self) -> float:
        """The cut-off of the original build."""
        return cutoff_of(self.true(), self.epoch, self.data).tau

    @property
    def settings(self) -> Settings:
        """Those of a run with the devices of the builds, as the gate reads them."""
        return plain_settings(
            devices=parse_devices([CPU], ["order:1"]),
            recipes=(Recipe.of_json(self.true().request["recipe"]),),
            features=300,
            store=self.small,
            for_release=True,
            run=RUN,
        )

    @property
    def scores(self) -> str:
        """Under which name the prospective scores of the released epoch are kept."""
        return f"{self.epoch:04d}/prospective"

    @property
    def state(self) -> str:
        """The file of the released parameters."""
        return f"state-{self.epoch:04d}.safetensors"

    @cached_property
    def _names(self) -> list[str]:
        return (self.small.parent / "builds.txt").read_text().split()


def altered(
    build: Build,
    files: Mapping[str, Change] | None = None,
    manifest: Callable[[dict[str, Any]], None] = lambda _: None,
) -> Build:
    """Returns a build after its files and its manifest were changed, sealed anew and moved to the key it now answers.

    Args:
        build: altered in place.
        files: by name, what changes the tensors of each.
        manifest: changes the manifest.
    """
    told = json.loads((build.folder / "manifest.json").read_text())
    del told["digest"]
    for name, change in (files or {}).items():
        tensors = {key: value.copy() for key, value in load((build.folder / name).read_bytes()).items()}
        change(tensors)
        content = save(tensors)
        (build.folder / name).write_bytes(content)
        told["files"][name] = hashlib.sha256(content).hexdigest()
    manifest(told)
    (build.folder / "manifest.json").write_bytes(seal(told))
    key = hashlib.sha256(canonical_json(told["request"])).hexdigest()[:32]
    folder = build.folder.with_name(key)
    if folder != build.folder:
        shutil.rmtree(folder, ignore_errors=True)
        build.folder.rename(folder)
    return read_build(folder, key)


def passed_off(build: Build, as_build: Build, **manifest: Any) -> Build:
    """Returns the files of one build in the place of another one, under that one's request and fingerprint."""
    shutil.rmtree(as_build.folder)
    shutil.copytree(build.folder, as_build.folder)

    def as_the_other(told: dict[str, Any]) -> None:
        told |= {"request": as_build.manifest["request"], "fingerprint": as_build.manifest["fingerprint"], **manifest}

    return altered(Build(as_build.folder, build.manifest), manifest=as_the_other)


def _build(store: Path, names: list[str], device: str, replicate: int, *, killed: bool = False) -> Build:
    builds = [read_build(store / "builds" / name, name) for name in names if (store / "builds" / name).exists()]
    asked = (device, replicate, killed)
    (found,) = [
        build for build in builds if (build.device, build.replicate, bool(build.request["killed_after"])) == asked
    ]
    return found
