"""Runs that have ended, made in memory of builds that were really trained."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fixtures.cases import Case, cases
from fixtures.options import Settings
from longcon.builds import Campaign, Store
from longcon.checkout import Checkout
from longcon.checks import (
    Outcome,
    all_builds_agree,
    cutoff_is_precise,
    cutoff_of,
    rebuild_agrees,
    replicates_identical,
    sine_below_tolerance,
)
from longcon.checks.controls import Altered
from longcon.problems import ProblemData
from longcon.protocol import Deviation, Limits, Signatory
from reports.gate import Decision
from reports.record import Run
from reports.verdict import Result, verdict
from tests.plain_settings import plain_settings

CLEAN = Checkout("0123456789abcdef0123456789abcdef01234567")


def settings_of(campaign: Campaign, **changes: Any) -> Settings:
    """Returns the settings of a run of a campaign."""
    own = {"devices": campaign.plan.devices, "recipes": campaign.plan.recipes, "limits": Limits(p=0.5), "run": "run-1"}
    return plain_settings(**{**own, **changes})


def run_of(campaign: Campaign, data: ProblemData, **changes: Any) -> Run:
    """Returns a run in which every case was met, those of builds on the evidence of the builds themselves.

    Args:
        campaign: of two devices, both replicates.
        data: what it was trained on.
        changes: of the settings.
    """
    settings = settings_of(campaign, **changes)
    store = Store(campaign.build(campaign.original_device, 2, 1).folder.parents[1], "reports")
    expected = cases(settings)
    results = {case.key: _result(case, campaign, data, settings) for case in expected}
    given = verdict(expected, results, (), [deviation.text for deviation in settings.deviations])
    return Run(
        settings=settings,
        data=data,
        digest="d" * 64,
        expected=expected,
        results=results,
        strange=(),
        decision=Decision(settings.for_release, given),
        builds=tuple(store.read(key) for key in campaign.handed_out),
        unreadable=(),
        before=CLEAN,
        after=CLEAN,
        started="2026-01-02T03:04:05+00:00",
        ended="2026-01-02T03:05:06+00:00",
        command=("validation", "--k=2"),
    )


def _result(case: Case, campaign: Campaign, data: ProblemData, settings: Settings) -> Result:
    outcome = _outcome(case, campaign, data, settings)
    return Result("passed" if outcome.ok else "failed", outcome.message, outcome.as_json())


def _outcome(case: Case, campaign: Campaign, data: ProblemData, settings: Settings) -> Outcome:
    original, epoch = campaign.build(campaign.original_device, 2, 1), campaign.released_epoch(2)
    rebuild = campaign.build(campaign.plan.devices[1], 2, 1)
    limits, tau = settings.limits, cutoff_of(original, epoch, data).tau
    match case.requirement.id:
        case "LC-OQ-02" if case.device is not None:
            return replicates_identical(*(campaign.build(case.device, 2, number) for number in (1, 2)))
        case "LC-PQ-01":
            return sine_below_tolerance(original, rebuild, epoch, limits.sine_tolerance)
        case "LC-PQ-03":
            return rebuild_agrees(original, rebuild, epoch, tau, data, limits)
        case "LC-PQ-04":
            return all_builds_agree([original, rebuild], epoch, tau, data, limits)
        case "LC-PQ-05":
            return cutoff_is_precise(original, epoch, data, limits)
    return Outcome(case.requirement.id, case.name, True, 0, 0, "faults", 1, f"{case.name}: nothing is wrong.")


def with_everything(campaign: Campaign, data: ProblemData) -> Run:
    """Returns a run whose audit has a row in every table: failures, notes, deviations, signatories, discordant cases.

    What comes from outside holds markup, so that a page which does not escape it shows.
    """
    run = run_of(
        campaign,
        data,
        title="A <b>title</b> & more",
        intended_use="To guide <script>alert(1)</script> therapy.",
        version="1",
        protocol=Path("/lab/protocol.toml"),
        digest="a" * 64,
        deviations=(Deviation("--k", "[2]", "[1]"), Deviation("--p", "0.98", "<0.5>")),
        signatories=(Signatory("Author", "wrote it"), Signatory("Laboratory <director>", "approved for release")),
        for_release=True,
        operator="A. <Technician>",
    )
    original, rebuild = (campaign.build(device, 2, 1) for device in campaign.plan.devices)
    parted = Altered(
        folder=rebuild.folder,
        manifest=rebuild.manifest,
        original=rebuild,
        alter_state=lambda _, state: state,
        alter_scores=_swapped,
    )
    results = dict(run.results)
    long_name = "a_long_name_without_a_space" * 9
    results["LC-PQ-01[cpu+order:1-k2]"] = Result("failed", f"could not be finished: {long_name}")
    results["LC-OQ-05[run]"] = Result("skipped", "skipped <i>by hand</i>")
    del results["LC-OQ-01[cpu+order:1-k2]"]
    data, epoch = _named(data), campaign.released_epoch(2)
    tau = cutoff_of(original, epoch, data).tau
    limits = run.settings.limits
    for key, found in (
        ("LC-PQ-03[cpu+order:1-k2]", rebuild_agrees(original, parted, epoch, tau, data, limits)),
        ("LC-PQ-04[k2]", all_builds_agree([original, parted], epoch, tau, data, limits)),
    ):
        results[key] = Result("passed" if found.ok else "failed", found.message, found.as_json())
    given = verdict(run.expected, results, ["broken.py: could not be collected"], ["--k is [1], in the protocol [2]"])
    return replace(
        run,
        results=results,
        strange=("broken.py: could not be collected",),
        decision=Decision(True, given, ("the checkout is not clean",)),
        before=replace(CLEAN, changes=tuple(f"longcon/file_{number}.py" for number in range(12))),
        data=data,
        builds=tuple(parted if build.folder == parted.folder else build for build in run.builds),
    )


def _swapped(cohort: str, scores: NDArray[np.floating]) -> NDArray[np.floating]:
    """Returns scores in which every second prospective case is called otherwise, as surely."""
    altered = scores.copy()
    if cohort == "prospective":
        altered[::2] = np.roll(scores[::2], 1, axis=1)
    return altered


def _named(data: ProblemData) -> ProblemData:
    return replace(data, prospective_cases=tuple(f"<u>{name}</u>" for name in data.prospective_cases))
