"""Checkpoints of builds: when they are written, who may use them, and what a killed process leaves."""

from __future__ import annotations

import multiprocessing
import os
import secrets
import shutil
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any

import pytest
import torch

from benchmarks.injected.kills import Killing, killed_in_training
from benchmarks.injected.training import SmallTraining
from longcon.builds import Build, BuildEvent, Campaign, Store
from longcon.builds import worker as training_process
from longcon.builds.checkpoints import Checkpoints
from longcon.builds.executor import TrainingShape
from longcon.builds.runner import Runner
from longcon.devices import Device, enforce
from longcon.errors import StoreError
from longcon.problems import ProblemData
from longcon.training import Checkpoint, PaperMethod, Recipe, train
from tests.conftest import plan
from tests.training import plain

RECIPE = Recipe(k=2, epochs=3, widths=(8, 4))


def _checkpoints() -> list[Checkpoint]:
    enforce()
    taken: list[Checkpoint] = []
    train(
        RECIPE,
        plain.CLASSES,
        *plain.cohort(20, 0),
        device=torch.device("cpu"),
        record=(0,),
        keep_best=False,
        on_checkpoint=lambda _, make: taken.append(make()),
    )
    return taken


class _Clock:
    """A clock that goes on by itself when a checkpoint is made."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_checkpoint_is_written_where_one_is_due_and_otherwise_not_made(tmp_path: Path) -> None:
    clock, notes, made = _Clock(), list[str](), list[float]()
    checkpoint = _checkpoints()[0]
    kept = Checkpoints(tmp_path / "checkpoint", "key", 10, notes.append, clock)

    def make() -> Checkpoint:
        made.append(clock.now)
        clock.now += 2  # what this one costs: the next comes after 40 seconds, not 10
        return checkpoint

    for _ in range(200):
        clock.now += 0.5
        kept.offer(make)
    assert made == [10.0, 52.0, 94.0]
    assert notes == []
    read = kept.read()
    assert read is not None
    assert read.epoch == 1
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint"]


def test_what_cannot_be_written_is_told_once_and_ends_no_training(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    notes: list[str] = []
    path, checkpoint = tmp_path / "file" / "checkpoint", _checkpoints()[0]
    kept = Checkpoints(path, "key", 0, notes.append)
    for _ in range(3):
        kept.offer(lambda: checkpoint)
    assert notes == [
        f"Training goes on without checkpoints. {path} could not be written (File exists): "
        "make room or rights there, or give another --store."
    ]


def test_anothers_checkpoint_is_refused(tmp_path: Path) -> None:
    Checkpoints(tmp_path / "c", "mine", 0, pytest.fail).offer(lambda: _checkpoints()[0])
    with pytest.raises(StoreError) as error:
        Checkpoints(tmp_path / "c", "yours", 0, pytest.fail).read()
    assert str(error.value) == "The checkpoint cannot be used: it is of another request; train from the start."


def _small(problem: ProblemData, **changes: Any) -> SmallTraining:
    """Returns what trains a small build in the process that asks for it."""
    recipe = Recipe(k=2, epochs=60, widths=(8, 4))
    return replace(SmallTraining(problem, recipe, record=(0, 1, 2, 60)), **changes)


def _server() -> ForkServerContext:
    """Returns what starts processes that have imported everything and done nothing."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.builds.test_checkpoints"])
    return context


def _printed(**message: object) -> None:
    sys.stdout.write(f"{message}\n")


def _files(build: Build) -> dict[str, str]:
    return dict(build.manifest["files"])


@pytest.fixture(scope="module")
def uncut(tmp_path_factory: pytest.TempPathFactory, problem: ProblemData) -> Build:
    build = _small(problem, between=1e9).obtain(tmp_path_factory.mktemp("uncut"))
    assert build.resumed_at == ()
    return build


@pytest.mark.slow
def test_a_training_that_is_killed_at_any_moment_ends_with_the_same_build(
    tmp_path: Path, problem: ProblemData, record_property: Callable[[str, object], None]
) -> None:
    """A hundred times kill -9, at moments that differ between runs of this test; another process goes on each time."""
    training = _small(problem, recipe=Recipe(k=8, epochs=10, widths=(8, 4)), record=(0, 1, 10), pause=0.01)
    uncut, seed = replace(training, pause=0.0, between=1e9).obtain(tmp_path), secrets.randbits(32)
    tally = killed_in_training(Killing(training, uncut, 100, seed))
    record_property("kills", f"{tally.tried}, lost {tally.lost}, wrong {tally.wrong} (seed {seed})")
    assert (tally.survived, tally.lost, tally.wrong) == (100, 0, 0), (seed, tally.told)


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory, problem: ProblemData) -> Path:
    """The store of a process that was killed after its first checkpoint."""
    root = tmp_path_factory.mktemp("killed")
    training = _small(problem, pause=0.02)
    path = Store(root, "run").checkpoint_path(training.request.key)
    process = _server().Process(target=training.obtain, args=(root,))
    process.start()
    while not path.exists() and process.is_alive():
        time.sleep(0.01)
    os.kill(process.pid or 0, signal.SIGKILL)
    process.join()
    assert path.exists()
    return root


@pytest.fixture
def left(killed: Path, tmp_path: Path) -> Path:
    """A copy of what was left, to do damage to."""
    return Path(shutil.copytree(killed, tmp_path / "left"))


def _turned(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("damage", "how"),
    [
        (_turned, "its bytes are not those of its seal"),
        (lambda path: path.write_bytes(b""), "its bytes are not those of its seal"),
        (lambda path: (path.unlink(), path.mkdir()), "it cannot be read (Is a directory)"),
    ],
)
def test_a_damaged_checkpoint_is_dropped_with_a_line_and_never_used(
    damage: Callable[[Path], object],
    how: str,
    left: Path,
    problem: ProblemData,
    uncut: Build,
    capsys: pytest.CaptureFixture[str],
) -> None:
    training = _small(problem, between=1e9, told=_printed)
    damage(Store(left, "run").checkpoint_path(training.request.key))
    build = training.obtain(left)
    assert build.resumed_at == ()
    assert _files(build) == _files(uncut)
    assert (
        f"Build {build.title} begins anew. The checkpoint cannot be used: {how}; train from the start."
        in capsys.readouterr().out
    )


@pytest.mark.slow
def test_a_fresh_build_never_goes_on(left: Path, problem: ProblemData) -> None:
    store = Store(left, "run")
    request = _small(problem).request
    path = store.checkpoint_path(request.key)
    half = path.with_name(".checkpoint.half")
    half.write_bytes(b"half")

    def found(*, fresh: bool) -> list[str]:
        seen: list[str] = []

        def look(_: Path) -> None:
            seen.extend(path.name for path in left.glob("checkpoints/*/*"))
            raise RuntimeError("seen")

        with pytest.raises(RuntimeError, match="seen"):
            store.obtain(request, look, fresh=fresh)
        return seen

    assert found(fresh=False) == ["checkpoint"]
    assert found(fresh=True) == []


class _NearRunner(Runner):
    """Takes fingerprints without a process of their own."""

    def fingerprints(self, device: Device, shapes: Sequence[TrainingShape]) -> list[dict[str, Any]]:
        enforce()
        job = {"torch_device": device.torch_device, "surrogate": None}
        return [dict(training_process._fingerprint(job, PaperMethod(), shape.as_json())) for shape in shapes]


@pytest.mark.slow
def test_a_campaign_goes_on_where_a_killed_one_stopped(tmp_path: Path, problem: ProblemData) -> None:
    events: list[BuildEvent] = []
    long = replace(plan("none", epochs=60, release="last"), seconds_between_checkpoints=0.0, replicates=(1,))
    for run in ("one", "two"):
        campaign = Campaign(long, Store(tmp_path, run), problem, events.append, executor=_NearRunner())
        campaign.start()
        while run == "one" and (not events or events[-1].epoch < 2):
            time.sleep(0.01)
        if run == "two":
            build = campaign.build(campaign.original_device, 2, 1)
        campaign.close()
    assert len(build.resumed_at) == 1
    assert [event.note for event in events if event.note] == []
    assert list((tmp_path / "checkpoints").iterdir()) == []
