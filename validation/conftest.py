"""Parametrizes the requirements' tests from the catalogue, and hands each test's outcome to the report."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from fixtures.cases import NOTHING_TO_COMPARE, Case, cases
from fixtures.coverage import faults, requirement_of
from fixtures.options import SETTINGS
from longcon.builds import Build, Campaign
from longcon.checks import Outcome
from longcon.devices import Device


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Gives each test one case for every k and device that its requirement concerns."""
    marked = requirement_of(metafunc.definition)
    if marked is None:
        return
    decided = [case for case in cases(metafunc.config.stash[SETTINGS]) if case.requirement.id == marked]
    none = pytest.mark.skip(reason=NOTHING_TO_COMPARE)
    not_in_this_run = pytest.param(None, id="not-in-this-run", marks=pytest.mark.not_applicable)
    metafunc.parametrize(
        "case",
        [pytest.param(case, id=case.name, marks=() if case.decidable else none) for case in decided]
        or [not_in_this_run],
    )


@pytest.hookimpl(tryfirst=True)  # before -k and --deselect hide a test
def pytest_collection_modifyitems(session: pytest.Session, config: pytest.Config, items: list[pytest.Item]) -> None:
    """Names each test's case in its report; drops the tests of requirements that apply to no k of this run.

    Where tests and catalogue disagree nothing is run. That is told as an error of collection, since an exception would
    end a worker of xdist as a crash.
    """
    found = faults(session, items)
    if found:
        items.clear()
        for fault in found:
            report = pytest.CollectReport("validation", "failed", fault, [], longcon_user_error=fault)
            config.hook.pytest_collectreport(report=report)
        return
    outside = [item for item in items if item.get_closest_marker("not_applicable")]
    items[:] = [item for item in items if item not in outside]
    if outside:
        config.hook.pytest_deselected(items=outside)
    for item in items:
        case = getattr(item, "callspec", None) and item.callspec.params.get("case")  # type: ignore[attr-defined]
        if isinstance(case, Case):
            item.user_properties.append(("longcon_case", case.key))


@pytest.fixture
def k(case: Case) -> int:
    """The minibatch under validation."""
    assert case.k is not None
    return case.k


@pytest.fixture
def device(case: Case) -> Device:
    """The device under validation."""
    assert case.device is not None
    return case.device


@pytest.fixture
def epoch(builds: Campaign, k: int) -> int:
    """The released epoch, found on the original build."""
    return builds.released_epoch(k)


@pytest.fixture
def original(builds: Campaign, k: int) -> Build:
    """The original build: first device, replicate 1."""
    return builds.build(builds.original_device, k, 1)


@pytest.fixture
def rebuild(builds: Campaign, device: Device, k: int) -> Build:
    """The build of the device under validation, replicate 1."""
    return builds.build(device, k, 1)


@pytest.fixture
def judge(case: Case, builds: Campaign, record_property: Callable[[str, object], None]) -> Callable[[Outcome], Outcome]:
    """Records an outcome as evidence; one that can show nothing is skipped, and the verdict says so.

    A failed one is never skipped: where probes agree and builds part, the difference is real. What an advisory
    requirement finds is an expected failure: reported, and no reason against the release.
    """

    def record(outcome: Outcome) -> Outcome:
        record_property("longcon_outcome", json.dumps(outcome.as_json()))
        record_property("longcon_builds", json.dumps(builds.handed_out))
        if outcome.ok and not outcome.evidence:
            pytest.skip(f"ineffective: {outcome.subject} changes no bit of the arithmetic, so it shows nothing")
        if not outcome.ok and not case.gating:
            pytest.xfail(f"advisory: {outcome.message}")
        return outcome

    return record
