"""Campaigns: what is trained, in which process, and what is carried from the original to the rebuilds."""

from __future__ import annotations

import threading
from concurrent.futures import CancelledError
from pathlib import Path

import numpy as np
import pytest

from longcon.builds import BuildEvent, Campaign, Store
from longcon.devices import REQUIRED_SETTINGS, Device
from longcon.errors import BuildError, RunEndedError
from longcon.problems import ProblemData
from longcon.training import Recipe
from tests.conftest import plan

pytestmark = pytest.mark.slow


def test_the_released_epoch_is_the_originals_and_every_rebuild_records_it(trained: Campaign) -> None:
    released = trained.released_epoch(2)
    assert released == trained.build(trained.original_device, 2, 1).best_epoch
    for device in trained.plan.devices:
        assert released in trained.build(device, 2, 2).epochs


def test_the_manifest_says_what_a_build_is(trained: Campaign) -> None:
    manifest = trained.build(trained.plan.devices[1], 2, 1).manifest
    assert manifest["settings"] == REQUIRED_SETTINGS
    assert manifest["request"]["device"] == "cpu+order:1"
    assert manifest["request"]["recipe"]["k"] == 2
    assert manifest["fingerprint"]["numeric_class"] == manifest["request"]["numeric_class"]
    assert [entry["epoch"] for entry in manifest["history"]] == [1, 2, 3, 4, 5]
    assert manifest["started"].endswith("+00:00")
    assert manifest["seconds"] > 0


def test_the_same_campaign_again_trains_nothing(trained: Campaign, problem: ProblemData, copied_store: Path) -> None:
    events: list[BuildEvent] = []
    again = Campaign(trained.plan, Store(copied_store, "run-2"), problem, events.append)
    built = again.build(again.plan.devices[1], 2, 2)
    assert np.array_equal(built.vector(5), trained.build(again.plan.devices[1], 2, 2).vector(5))
    again.build(again.original_device, 2, 2)
    again.close()
    assert {event.trained for event in events} == {False}


def test_a_training_that_fails_fails_with_its_own_words(problem: ProblemData, tmp_path: Path) -> None:
    doomed = plan("none")
    doomed = type(doomed)(**{**vars(doomed), "recipes": (Recipe(k=2, epochs=2, learning_rate=1e300),)})
    campaign = Campaign(doomed, Store(tmp_path, "run"), problem, lambda _: None)
    with pytest.raises(BuildError) as error:
        campaign.build(campaign.original_device, 2, 1)
    campaign.close()
    assert str(error.value) == "Training became non-finite in epoch 1: lower --learning-rate or use --dtype=float64."


def test_a_campaign_that_is_closed_leaves_no_failure_behind(problem: ProblemData, tmp_path: Path) -> None:
    long = plan("none", epochs=20_000, release="last")
    begun = threading.Event()
    ended = Campaign(long, Store(tmp_path, "run"), problem, lambda event: begun.set() if event.epoch else None)
    ended.start()
    assert begun.wait(120)
    ended.close()
    with pytest.raises((RunEndedError, CancelledError)):
        ended.build(ended.original_device, 2, 1)
    assert [path for path in tmp_path.glob("runs/run/*") if path.name.startswith("failed")] == []
    assert list(tmp_path.glob("builds/*")) == []


def test_processors_to_spare_take_no_build_twice(problem: ProblemData, tmp_path: Path) -> None:
    many = type(plan("none"))(**{**vars(plan("order:1")), "jobs": 8})
    titles: list[str] = []
    campaign = Campaign(
        many, Store(tmp_path, "run"), problem, lambda event: titles.append(event.title) if event.epoch == 5 else None
    )
    for device in many.devices:
        for replicate in (1, 2):
            campaign.build(device, 2, replicate)
    campaign.close()
    assert sorted(titles) == sorted(set(titles))
    assert len(titles) == 4


class _Dying(Device):
    """A device whose processes find no torch."""

    def process_environment(self) -> dict[str, str]:
        return {"PATH": "/nowhere", "HOME": "/nowhere", "PYTHONHOME": "/nowhere"}


def test_a_process_that_dies_is_quoted(problem: ProblemData, tmp_path: Path) -> None:
    dying = plan("none")
    dying = type(dying)(**{**vars(dying), "devices": (_Dying("cpu"),)})
    campaign = Campaign(dying, Store(tmp_path, "run"), problem, lambda _: None)
    with pytest.raises(
        BuildError, match=r"^The fingerprint of cpu ended with exit status 1; its last words: .*no Python frame.*$"
    ):
        campaign.build(campaign.original_device, 2, 1)
    campaign.close()
