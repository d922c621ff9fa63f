"""Two builds with everything that is kept of a step, really trained, and a way to make them part where one likes."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pytest
from safetensors.numpy import load_file, save

from longcon.builds import Build, Campaign, Plan, Store
from longcon.builds.build import read_build
from longcon.builds.build_writer import seal
from longcon.devices import parse_devices
from longcon.problems import ProblemData
from longcon.training import Recipe

EPOCH = 19
Arrays = dict[str, np.ndarray[Any, Any]]
Change = Callable[[Arrays, Arrays], None]


class Plant(Protocol):
    """Makes a copy of a build (0 the original, 1 the rebuild) whose trajectory and detail a function changed."""

    def __call__(self, change: Change, of: int = 1) -> Build:
        """Returns the copy, under a valid manifest."""


@pytest.fixture(scope="session")
def detailed(tmp_path_factory: pytest.TempPathFactory, problem: ProblemData) -> Iterator[tuple[Build, Build]]:
    """The builds of cpu, its curvature recorded at every step, and of cpu+order:1: 5 epochs of 19 minibatches of 2."""
    plan = Plan(
        parse_devices(["cpu"], ["order:1"]),
        (Recipe(k=2, epochs=5),),
        "best",
        jobs=2,
        fresh=False,
        detail=True,
        curvature_every=1,
        replicates=(1,),
    )
    campaign = Campaign(plan, Store(tmp_path_factory.mktemp("detailed"), "run"), problem, lambda _: None)
    original, rebuild = (campaign.build(device, 2, 1) for device in plan.devices)
    yield original, rebuild
    campaign.close()


@pytest.fixture
def plant(detailed: tuple[Build, Build], tmp_path: Path) -> Plant:
    """Returns what plants a change in a copy of one of the builds."""

    def planted(change: Change, of: int = 1) -> Build:
        folder = tmp_path / detailed[of].folder.name
        shutil.copytree(detailed[of].folder, folder)
        names = ("trajectory.safetensors", "detail.safetensors")
        arrays = [dict(load_file(folder / name)) for name in names]
        change(arrays[0], arrays[1])
        manifest = json.loads((folder / "manifest.json").read_text())
        del manifest["digest"]
        for name, content in zip(names, arrays, strict=True):
            (folder / name).write_bytes(save(content))
            manifest["files"][name] = hashlib.sha256((folder / name).read_bytes()).hexdigest()
        (folder / "manifest.json").write_bytes(seal(manifest))
        return read_build(folder, folder.name)

    return planted
