"""Where nothing is planted, nothing is said: the same ways of deciding, on builds and runs that are right."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fixtures.problem import prepared
from longcon.builds.coherence import require_coherent
from longcon.checks import (
    Outcome,
    agreement_measured,
    all_builds_agree,
    controls_come_out,
    crossings_measured,
    cutoff_is_precise,
    data_as_agreed,
    devices_differ,
    environment_locked,
    fingerprint_recorded,
    initial_states_identical,
    measures_correct,
    parts_after_release,
    rebuild_agrees,
    replicates_identical,
    resumed_training_identical,
    settings_effective,
    settings_in_force,
    sine_below_tolerance,
)
from longcon.lock import packages, read_lock
from longcon.protocol import Limits
from tests.planted import commands, models, problems
from tests.planted.bench import CPU, ORDER, Bench
from tests.planted.defect import NOTHING
from tests.planted.own_builds import built
from tests.planted.ratio import CLEAN
from tests.planted.releases import release
from tests.planted.site import CORE, rebuilt, replicates, site_of
from tests.small_store import Run

pytestmark = pytest.mark.slow
ALL_PASSED = "verdict: PASS: k = 2: {0} of {0} checks passed; every gating requirement is met."


@pytest.fixture(autouse=True)
def clean(record_property: Callable[[str, object], None], request: pytest.FixtureRequest) -> None:
    record_property(CLEAN, request.node.name)


def _lines(run: Run) -> list[str]:
    return [line for line in run.output.splitlines() if line.startswith(("verdict: ", "release: ", "stands against"))]


def test_a_run(bench: Bench) -> None:
    run = bench.driver.run(bench.store)
    assert run.code == 0, run.output
    assert run.verdict == ALL_PASSED.format(22)


def test_a_run_with_a_foreign_plugin_and_another_order(bench: Bench) -> None:
    (bench.place / "planted_nothing.py").write_text("def pytest_collection_modifyitems(items):\n    items.reverse()\n")
    run = bench.driver.run(bench.store, "-p", "planted_nothing")
    assert run.code == 0, run.output
    assert run.verdict == ALL_PASSED.format(22)


def test_a_release(bench: Bench) -> None:
    run = release(bench)
    assert run.code == 0, run.output
    assert _lines(run) == [ALL_PASSED.format(23), "release: released."]


def test_a_release_by_two_workers(bench: Bench) -> None:
    run = release(bench, "-n", "2", f"--junitxml={bench.place}/junit.xml")
    assert run.code == 0, run.output
    assert _lines(run) == [ALL_PASSED.format(23), "release: released."]
    assert (bench.place / "junit.xml").read_text().count("<testcase ") == 23


def test_every_check(bench: Bench) -> None:
    first, second = (bench.true(CPU, replicate) for replicate in (1, 2))
    rebuild, epoch, tau, data, limits = bench.true(ORDER), bench.epoch, bench.tau, bench.data, Limits()
    fingerprints = [build.manifest["fingerprint"] for build in (first, rebuild)]
    lock = read_lock()
    outcomes: list[Outcome] = [
        settings_in_force(first, second),
        devices_differ(2, fingerprints[0], fingerprints[1:]),
        environment_locked(lock, packages(lock) if lock else ()),
        settings_effective([fingerprints[1]], fingerprints[0], None),
        fingerprint_recorded(first, second),
        data_as_agreed(first.request["data"], first.request["data"], first, second, rebuild),
        initial_states_identical(first, rebuild),
        replicates_identical(first, second),
        measures_correct(),
        controls_come_out(first, epoch, tau, data, limits),
        sine_below_tolerance(first, rebuild, epoch, limits.sine_tolerance),
        rebuild_agrees(first, rebuild, epoch, tau, data, limits),
        all_builds_agree([first, rebuild], epoch, tau, data, limits),
        cutoff_is_precise(first, epoch, data, limits),
        parts_after_release(first, rebuild, epoch, limits.sine_tolerance),
        agreement_measured([first, rebuild], epoch, tau, data),
        crossings_measured(first, rebuild, epoch, tau, data),
    ]
    assert [outcome.message for outcome in outcomes if not (outcome.ok and outcome.evidence)] == []
    for build in (first, second, rebuild, bench.true(ORDER, 2)):
        require_coherent(build, data, epoch)


def test_a_run_of_a_command(bench: Bench) -> None:
    run = commands.run(bench)
    assert run.code == 0, run.output
    assert run.verdict == "verdict: PASS: command: 14 of 14 checks passed; every gating requirement is met."


def test_the_command_that_is_made_wrong(bench: Bench) -> None:
    site = site_of(bench)
    assert [found for found in (replicates(site), rebuilt(site)) if found.by != NOTHING] == []
    original, rebuild = site.build(), site.build(device=CORE)
    assert cutoff_is_precise(original, 1, site.data, Limits()).ok
    assert sine_below_tolerance(original, rebuild, 1, Limits().sine_tolerance).evidence
    require_coherent(original, site.data, 1)


@pytest.mark.parametrize("lines", ["    pass", models.NORMALISED], ids=["a chain", "any other model"])
def test_the_problem_that_is_made_wrong(bench: Bench, lines: str) -> None:
    file = problems.problem(bench, lines)
    mine = problems.loaded(file)
    prepared(problems.settings(file, str(mine.identity["source"])), mine, lambda *_: None)
    first, second = built(bench, mine), built(bench, mine, replicate=2)
    assert problems.against_release(bench, file, str(mine.identity["source"])) == ()
    outcomes = [
        initial_states_identical(first, built(bench, mine, "cpu+isa:default")),
        replicates_identical(first, second),
        resumed_training_identical(first, built(bench, mine, killed=1)),
    ]
    assert [outcome.message for outcome in outcomes if not outcome.ok] == []
    require_coherent(first, problems.data_in(mine), problems.RECIPE.epochs, mine.problem)
