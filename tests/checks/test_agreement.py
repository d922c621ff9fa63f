"""Agreement by class and crossings: counted, listed, and no alarm whatever they are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from longcon.checks import agreement_measured, crossings_measured
from longcon.errors import BuildError
from longcon.problems import ProblemData
from tests.checks.test_calls import TAU, _build, _data

CALLS = [2] * 10 + [0] * 10


def test_agreement_on_the_target_class(problem: ProblemData) -> None:
    changed = [2] * 8 + [1] * 2 + [0] * 9 + [2]
    builds = [_build("cpu", CALLS), _build("cpu+order:1", CALLS), _build("cuda:0", changed)]
    outcome = agreement_measured(builds, 7, TAU, _data(problem, 20))
    assert outcome.ok
    # Of 3 raters, 17 cases agree in 3 pairs of 3 and 3 in 1; chance is (29^2 + 29^2 + 2^2) / 60^2.
    assert outcome.measured == pytest.approx((0.9 - 1686 / 3600) / (1 - 1686 / 3600))
    assert outcome.message == (
        "k=2, all of cpu, cpu+order:1, cuda:0: of 10 calls of 'c' by the original 8 are made by the rebuild that makes "
        "fewest (cuda:0); Fleiss' kappa among 3 builds on 20 cases is 0.8119 (tau 0.5000, epoch 7; reported, not "
        "required)."
    )
    assert outcome.lines == [
        "  cpu+order:1: positive agreement 100.00% (10 of 10; 95% interval 69.15% to 100.00%), negative agreement "
        "100.00% (10 of 10; 95% interval 69.15% to 100.00%)",
        "  cuda:0: positive agreement 80.00% (8 of 10; 95% interval 44.39% to 97.48%), negative agreement 90.00% (9 of "
        "10; 95% interval 55.50% to 99.75%)",
    ]


def test_no_call_of_the_target_class_is_undefined(problem: ProblemData) -> None:
    outcome = agreement_measured([_build("cpu", [0] * 4), _build("cuda:0", [0] * 4)], 7, TAU, _data(problem, 4))
    assert outcome.measured is None
    assert "is undefined, since every case has one and the same call" in outcome.message
    assert "positive agreement undefined (0 of 0)" in outcome.lines[0]


def test_crossings_are_counted_and_listed(problem: ProblemData) -> None:
    original, rebuild = _build("cpu", [0, 0, 0, 0]), _build("cuda:0", [0, 0, 0, 0])
    rebuild.prospective[1] = [0.4, 0.3, 0.2, 0.1]
    outcome = crossings_measured(original, rebuild, 7, TAU, _data(problem, 4))
    assert (outcome.ok, outcome.measured, outcome.n) == (True, 1, 4)
    assert outcome.message == (
        "k=2 float64 on cuda:0, replicate 1 against cpu: 1 of 4 cases crossed tau 0.5000 (epoch 7; reported, not "
        "required): 1 are conclusive in the original only, 0 in the rebuild only."
    )
    assert outcome.lines == ["  GSM1  cpu: a 0.9000  |  cuda:0: a 0.4000"]


@pytest.mark.parametrize("devices", [("cpu",), ("cpu", "cpu")])
def test_a_build_is_not_compared_with_itself(problem: ProblemData, devices: tuple[str, ...]) -> None:
    builds: list[Any] = [_build(device, [0, 1]) for device in devices]
    with pytest.raises(BuildError):
        agreement_measured(builds, 7, TAU, _data(problem, 2))
    assert np.array_equal(builds[0].prospective, builds[-1].prospective)
