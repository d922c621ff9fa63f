"""Pairs of real builds: together as trained, and apart where a divergence was planted."""

from __future__ import annotations

import numpy as np
import pytest

from longcon.builds import Build, Campaign
from longcon.divergence import compare, study, update_at
from longcon.divergence.narrative import burden_lines, burst_lines, summary, told
from longcon.errors import BuildError
from longcon.problems import ProblemData
from tests.divergence.planted import EPOCH, Arrays, Plant

pytestmark = pytest.mark.slow

TOLERANCE = 2.0**-26
STEPS = 5 * EPOCH
# The update at which a divergence is planted: minibatch 3 of epoch 4, and the same minibatch an epoch before.
PARTING, BEFORE = 3 * EPOCH + 2, 2 * EPOCH + 2


def _part(trajectory: Arrays, detail: Arrays) -> None:
    """From the state after update PARTING on the parameters are others; its moment, and that of BEFORE, burst."""
    generator = np.random.default_rng(0)
    sketches = trajectory["sketches"]
    sketches[PARTING + 1 :] += 0.3 * generator.normal(size=256) * np.linalg.norm(sketches[0]) / 16
    trajectory["digests"][PARTING + 1 :] += np.uint64(1)
    for update, size in ((BEFORE, 1e-8), (PARTING, 1e-3)):
        detail["moments"][update + 1 :] += size * generator.normal(size=128)


def test_builds_that_stay_together(detailed: tuple[Build, Build]) -> None:
    pair = compare(*detailed, TOLERANCE)
    assert pair.first_difference == 1
    assert (pair.onset.left, pair.onset.step, pair.onset.parted) == (None, None, None)
    assert pair.until == STEPS
    assert pair.sines[0] == 0.0
    assert 0 < pair.sines[-1] < 1e-12
    assert pair.growth is not None
    assert pair.growth.parameters[0] == 0
    assert 0 < pair.growth.parameters[-1] < 1e-12
    assert (pair.burdens, pair.merits) == ((), None)
    assert told(pair, None)[1:3] == [
        "  first bit that differs   update 0 (epoch 1, minibatch 1)",
        "  divergence               none: together at the end",
    ]


def test_a_planted_divergence_is_found_at_its_update_with_its_cases(
    detailed: tuple[Build, Build], plant: Plant, problem: ProblemData
) -> None:
    pair = compare(detailed[0], plant(_part), TOLERANCE)
    assert (pair.onset.step, pair.onset.parted, pair.onset.rapid) == (PARTING, PARTING + 1, True)
    assert PARTING in pair.bursts
    assert BEFORE in pair.bursts
    assert pair.burdens[0].position == 2
    assert pair.burdens[0].share > 0.9

    update = update_at(pair, PARTING, problem)
    trajectory = detailed[0].trajectory()
    assert (update.epoch, update.minibatch) == (4, 3)
    assert len(update.cases) == 2
    assert set(update.cases) <= set(problem.training_cases)
    assert update.loss == trajectory.losses[PARTING]
    assert update.residual == trajectory.residuals[PARTING]
    assert update.residual_rank == pytest.approx((trajectory.residuals < trajectory.residuals[PARTING]).mean())
    assert update.smallest == trajectory.smallest[PARTING]
    assert update.moments is not None
    assert update.moments[1] > 1e3 * update.moments[0]
    assert update.parameters is not None
    assert update.parameters[0] < 1e-12
    assert update.parameters[1] > 0.1
    assert list(update.variances) == ["1", "4"]
    assert list(update.switched_units) == ["2", "5"]

    lines = told(pair, update)
    assert lines[1] == "  first bit that differs   update 0 (epoch 1, minibatch 1)"
    assert lines[2] == (
        "  divergence               begins with update 59 (epoch 4, minibatch 3); apart after 3.2 epochs "
        "(rapid: 0.1 epochs from the tolerance to 1e-2)"
    )
    assert f"    cases                  {', '.join(update.cases)}" in lines
    names = {2: update.cases}
    labelled = [f"{case} ({problem.classes[problem.training_labels[int(case[1:])]]})" for case in update.cases]
    assert burden_lines(pair, problem, names, 1) == [f"    100.0% of the growth on {', '.join(labelled)}, 2 bursts"]


def test_the_update_looked_into_shows_what_switched(
    detailed: tuple[Build, Build], plant: Plant, problem: ProblemData
) -> None:
    def switch(_: Arrays, detail: Arrays) -> None:
        detail["passed/5"][7, 1, 0] ^= np.uint8(0b1010_0000)
        detail["sides"][7, 0] ^= np.uint8(0b1000_0000)

    update = update_at(compare(detailed[0], plant(switch), TOLERANCE), 7, problem)
    assert update.switched_units == {"2": 0, "5": 2}
    assert update.switched_maxima == pytest.approx(1 / 4096)


def test_all_pairs_together(detailed: tuple[Build, Build], plant: Plant) -> None:
    pairs = [compare(*detailed, TOLERANCE), compare(detailed[0], plant(_part), TOLERANCE)]
    found = study(pairs, released_epoch=2, threshold=1e-4, tolerance=TOLERANCE)
    assert found.parted is not None
    assert (found.parted.events, found.parted.trials) == (1, 2)
    assert found.by_release is not None
    assert found.by_release.events == 0
    assert found.hardest[0] == 2
    assert found.below_threshold == pytest.approx((detailed[0].trajectory().residuals < 1e-4).mean())
    assert found.explained == 1
    assert found.uniform == 1 / EPOCH
    later = study(pairs, released_epoch=5, threshold=1e-4, tolerance=TOLERANCE)
    assert later.by_release is not None
    assert later.by_release.events == 1
    lines = summary(found, {position: (f"case {position}",) for position in range(EPOCH)})
    assert lines[:3] == [
        "all surrogates together",
        "  orders of summation that leave round-off by the released epoch: 0 of 2 (0%; 95% interval 0% to 84.2%)",
        "  orders of summation that part by the last epoch: 1 of 2 (50%; 95% interval 1.26% to 98.7%)",
    ]


def test_pairs_that_do_not_part_explain_nothing(detailed: tuple[Build, Build]) -> None:
    found = study([compare(*detailed, TOLERANCE)], released_epoch=2, threshold=1e-4, tolerance=TOLERANCE)
    assert (found.explained, found.hardest, found.on_hardest, found.held_out, found.areas, found.gains) == (
        (0, (), None, None, {}, {})
    )
    assert summary(found, {})[-1] == "  no pair parts, so there is no growth to explain"


def test_bursts_are_listed_with_their_cases(detailed: tuple[Build, Build], plant: Plant) -> None:
    pair = compare(detailed[0], plant(_part), TOLERANCE)
    names = {position: (f"case {position}",) for position in range(EPOCH)}
    strongest = burst_lines(pair, names, 2)
    assert [line.split(" at ")[1] for line in strongest] == [
        f"update {BEFORE} (epoch 3, minibatch 3): case 2",
        f"update {PARTING} (epoch 4, minibatch 3): case 2",
    ]
    assert pair.burst_factors[BEFORE] > 5


def test_without_detail_the_curve_is_all_there_is(trained: Campaign, problem: ProblemData) -> None:
    original, rebuild = (trained.build(device, 2, 1) for device in trained.plan.devices)
    pair = compare(original, rebuild, TOLERANCE)
    assert pair.growth is None
    assert not len(pair.bursts)
    update = update_at(pair, 0, problem)
    assert (update.residual, update.moments, update.switched_maxima) == (None, None, None)


def test_what_cannot_be_compared(detailed: tuple[Build, Build]) -> None:
    with pytest.raises(BuildError, match="was to be compared with itself"):
        compare(detailed[0], detailed[0], TOLERANCE)
    other = Build(detailed[1].folder, {**detailed[1].manifest, "request": {**detailed[1].request, "data": "else"}})
    with pytest.raises(BuildError) as caught:
        compare(detailed[0], other, TOLERANCE)
    assert str(caught.value) == (
        "k=2 float64 on cpu+order:1, replicate 1 and k=2 float64 on cpu, replicate 1 differ in their data, so their "
        "steps cannot be compared: compare builds of one recipe on the same data."
    )
