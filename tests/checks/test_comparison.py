"""Any two builds side by side: what is measured on them, and what cannot be compared."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from longcon.builds import Campaign, read_build
from longcon.builds.build import Build
from longcon.checks import all_builds_agree, crossings_measured, cutoff_of, sine_curve
from longcon.checks.comparable import require_comparable, require_kept_by_both
from longcon.checks.comparison import CaseCalls, compare_builds
from longcon.errors import BuildError, StoreError
from longcon.problems import ProblemData, Roster
from longcon.protocol import Limits
from tests.commands.shelf import PROSPECTIVE, ROSTER, build_of, shelve, shelve_command

OTHER_DEVICE: dict[str, Any] = {"device": "cpu+order:1", "numeric_class": "b" * 64, "seconds": 1.5}


def _pair(store: Path, **other: Any) -> tuple[Build, Build]:
    return build_of(store, shelve(store)), build_of(store, shelve(store, **{**OTHER_DEVICE, **other}))


def test_it_measures_what_the_checks_measure(trained: Campaign, problem: ProblemData) -> None:
    a, b = (trained.build(device, 2, 1) for device in trained.plan.devices)
    epoch = a.best_epoch
    found = compare_builds(a, b, epoch)
    tau = cutoff_of(a, epoch, problem).tau
    assert found.parameters.sine == sine_curve(a, b)[epoch]
    assert found.parameters.step == a.trajectory().first_difference(b.trajectory())
    assert found.parameters.steps == a.trajectory().steps
    assert found.calls is not None
    assert found.calls.tau == tau
    checked = all_builds_agree([a, b], epoch, tau, problem, Limits())
    for name in ("cases", "concordant", "discordant", "conclusive_in_some", "conclusive_in_none"):
        assert getattr(found.calls.table, name) == checked.details[name]
    assert found.calls.bound == checked.details["upper_bound"]
    assert len(found.calls.crossed) == crossings_measured(a, b, epoch, tau, problem).measured


def test_calls_at_the_tau_of_a(tmp_path: Path) -> None:
    other = (0.95, 0.3, 0.75, 0.25, 0.45)
    a, b = _pair(tmp_path, prospective=other, holdout=(0.95, 0.55, 0.2, 0.1))
    found = compare_builds(a, b, 1).calls
    assert found is not None
    table = found.table
    assert (found.tau, table.cases, table.concordant, table.discordant) == (0.6, 5, 2, 1)
    assert (table.conclusive_in_some, table.conclusive_in_none) == (2, 0)
    assert found.discordant == (CaseCalls("p1", ("a", "b"), (0.7, 0.7)),)
    assert found.crossed == (
        CaseCalls("p2", ("a", "a"), (0.5, 0.75)),
        CaseCalls("p4", ("b", "b"), (0.95, 0.55)),
    )


def test_a_tau_that_is_given_is_taken(tmp_path: Path) -> None:
    found = compare_builds(*_pair(tmp_path), 1, tau=0.9).calls
    assert found is not None
    assert (found.tau, found.table.concordant, found.table.conclusive_in_none) == (0.9, 2, 3)


def test_without_a_cut_off_calls_are_not_compared(tmp_path: Path) -> None:
    a = build_of(tmp_path, shelve(tmp_path, holdout=(0.1, 0.2, 0.9, 0.8)))
    b = build_of(tmp_path, shelve(tmp_path, **OTHER_DEVICE))
    found = compare_builds(a, b, 1)
    assert found.calls is None
    assert found.no_calls.startswith("No cut-off has precision 1 on the hold-out")
    assert found.parameters.sine == 0.0


def test_the_first_other_bit_is_that_of_an_epoch_that_both_keep(tmp_path: Path) -> None:
    a, b = _pair(tmp_path, weights=(1.0, np.nextafter(2.0, 3.0)), epochs=(0, 2), record=(0, 2), digests=(1, 2, 4))
    found = compare_builds(a, b, 2)
    assert found.shared == (0, 2)
    bits = found.parameters.bits
    assert bits is not None
    assert (bits[0], bits[1], bits[2].differing, bits[2].total) == (2, "w", 1, 2)
    assert (found.parameters.step, found.parameters.steps) == (2, 2)


STEPS: list[tuple[dict[str, Any], int | None, int, str]] = [
    ({}, None, 2, ""),
    ({"digests": (9, 2, 3)}, 0, 2, ""),
    # Of one k, a shorter training is the beginning of a longer one.
    ({"recipe": {"epochs": 4}, "digests": (1, 2, 3, 4, 5)}, None, 2, ""),
    ({"recipe": {"epochs": 4}, "digests": (1, 5, 3, 4, 5)}, 1, 2, ""),
    ({"recipe": {"k": 1}}, None, 0, "an update of one is no update of the other, since k differs"),
]


@pytest.mark.parametrize(("other", "step", "steps", "why"), STEPS)
def test_updates_are_compared_where_they_are_the_same(
    tmp_path: Path, other: dict[str, Any], step: int | None, steps: int, why: str
) -> None:
    found = compare_builds(*_pair(tmp_path, **other), 2).parameters
    assert (found.step, found.steps, found.no_steps) == (step, steps, why)


def test_networks_that_differ_have_no_sine_and_their_calls_are_compared(tmp_path: Path) -> None:
    found = compare_builds(*_pair(tmp_path, weights=(1.0, 2.0, 3.0)), 1)
    assert found.parameters.sine is None
    assert found.parameters.undefined == "their networks differ in the names or shapes of their parameters"
    assert not found.parameters.compared_bits
    assert found.calls is not None
    assert found.calls.table.concordant == 4


COMMANDS: list[tuple[tuple[float, ...], tuple[float, ...], str, bool]] = [
    ((), (), "the command of A and of B left no parameters", True),
    ((), (1.0,), "the command of A left no parameters", False),
    ((1.0,), (), "the command of B left no parameters", False),
]


@pytest.mark.parametrize(("first", "second", "why", "bits"), COMMANDS)
def test_commands_without_parameters(
    tmp_path: Path, first: tuple[float, ...], second: tuple[float, ...], why: str, bits: bool
) -> None:
    a = build_of(tmp_path, shelve_command(tmp_path, weights=first))
    b = build_of(tmp_path, shelve_command(tmp_path, weights=second, seconds=3.5, device="cpu+openblas:Prescott"))
    found = compare_builds(a, b, 1)
    assert (found.parameters.sine, found.parameters.undefined) == (None, why)
    # Scores are all that these builds have.
    assert (found.parameters.compared_bits, found.parameters.bits) == (bits, None)
    assert found.calls is not None


def test_commands_with_parameters_have_a_sine_and_no_updates(tmp_path: Path) -> None:
    a = build_of(tmp_path, shelve_command(tmp_path, weights=(1.0, 0.0)))
    b = build_of(tmp_path, shelve_command(tmp_path, weights=(0.0, 1.0), seconds=3.5, device="cpu+openblas:Prescott"))
    found = compare_builds(a, b, 1).parameters
    assert found.sine == pytest.approx(1.0)
    assert found.no_steps == "A and B kept no trajectory"


def _roster(**changes: Any) -> Roster:
    return replace(ROSTER, **changes)


PROBLEM = "compare builds of one problem's data."
REFUSED: list[tuple[dict[str, Any], str]] = [
    (
        {"roster": _roster(classes=("a", "c"))},
        "have other classes or another target (a, b, target a; a, c, target a)",
    ),
    ({"roster": _roster(target="b")}, "have other classes or another target (a, b, target a; a, b, target b)"),
    (
        {"roster": _roster(prospective_cases=("p0", "p1", "p2", "p3", "p5"))},
        "score other prospective cases",
    ),
    ({"roster": _roster(holdout_labels=np.array([0, 1, 1, 1]))}, "label their hold-out cases otherwise"),
    ({"roster": _roster(holdout_cases=("h0", "h1", "h2", "h4"))}, "have other hold-out cases"),
    ({"roster": _roster(problem="fogs")}, "are of other problems (clouds, fogs)"),
    ({"data": "e" * 64}, "were trained on other data"),
]


@pytest.mark.parametrize(("other", "why"), REFUSED, ids=[why for _, why in REFUSED])
def test_what_is_of_another_problem_is_refused(tmp_path: Path, other: dict[str, Any], why: str) -> None:
    a, b = _pair(tmp_path, **other)
    with pytest.raises(BuildError) as error:
        require_comparable(a, b)
    assert str(error.value) == (f"Builds {a.folder.name} ({a.title}) and {b.folder.name} ({b.title}) {why}: {PROBLEM}")


def test_a_build_is_not_compared_with_itself(tmp_path: Path) -> None:
    a = build_of(tmp_path, shelve(tmp_path))
    with pytest.raises(BuildError, match=rf"^Build {a.folder.name} was to be compared with itself: compare two builds"):
        compare_builds(a, a, 1)


def test_a_copy_is_not_compared(tmp_path: Path) -> None:
    a, b = _pair(tmp_path, seconds=1.25)
    with pytest.raises(BuildError, match=re.escape("is a copy of k=2 float64 on cpu, replicate 1: both say")):
        require_comparable(a, b)


def test_an_epoch_that_one_does_not_keep(tmp_path: Path) -> None:
    a, b = _pair(tmp_path, epochs=(0, 2))
    with pytest.raises(BuildError) as error:
        require_kept_by_both(a, b, 1)
    assert str(error.value) == (
        f"Build {b.folder.name} ({b.title}) keeps no epoch 1: both keep 0, 2, so give one of these as --epoch."
    )


def test_no_epoch_in_common(tmp_path: Path) -> None:
    a, b = _pair(tmp_path, epochs=(3, 4))
    with pytest.raises(BuildError, match=r"keep no epoch in common \(0, 1, 2; 3, 4\): train one again"):
        require_kept_by_both(a, b, 1)


def test_scores_of_other_cases_are_refused(tmp_path: Path) -> None:
    a, b = _pair(tmp_path, prospective=PROSPECTIVE[:-1])
    with pytest.raises(StoreError, match=r"its prospective scores have shape \(4, 2\), which is not that of its cases"):
        compare_builds(a, b, 1)


def test_an_altered_build_is_not_compared(trained: Campaign, copied_store: Path) -> None:
    a, b = (
        read_build(copied_store / "builds" / key, key)
        for key in (trained.build(device, 2, 1).folder.name for device in trained.plan.devices)
    )
    path = b.folder / "state-0005.safetensors"
    path.write_bytes(path.read_bytes()[:-1] + b"\x01")
    with pytest.raises(StoreError, match=r"the bytes of state-0005\.safetensors are not those of its manifest"):
        compare_builds(a, b, 5)
