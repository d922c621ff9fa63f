"""Growth planted on known minibatches is laid at their door."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from longcon.divergence.growth import Growth, bursts
from longcon.divergence.hard_cases import burdens, hardest, responsibilities, shares

EPOCH, EPOCHS, DECAY = 40, 6, 0.9


def _planted(kicks: dict[int, float]) -> Growth:
    """Two trainings whose gradients differ by a given multiple of their parameters' difference on given minibatches.

    Momentum carries the difference on, as in Adamax; elsewhere the gradients differ by a hundredth of it.
    """
    apart, moment = [1e-15], [0.0]
    gradients = []
    for update in range(EPOCH * EPOCHS):
        gradients.append(kicks.get(update % EPOCH, 1e-2) * apart[-1])
        moment.append(DECAY * moment[-1] + (1 - DECAY) * gradients[-1])
        apart.append(apart[-1] + moment[-1])
    known = np.array(gradients)
    return Growth(np.array(apart), np.array(moment), np.zeros(len(apart)), known, known / np.array(apart[:-1]))


def test_responsibilities_add_up_to_the_whole_growth() -> None:
    planted = _planted({7: 300.0})
    steps = EPOCH * EPOCHS
    for since, until in ((0, 1), (0, 57), (EPOCH, steps), (57, 57)):
        found = responsibilities(planted, DECAY, since, until)
        assert len(found) == until
        apart = planted.parameters[since : until + 1]
        assert found.sum() == pytest.approx(np.log(apart[-1] / apart[0]), abs=1e-9)


def test_the_birth_of_round_off_is_no_growth() -> None:
    born = _planted({7: 300.0})
    born.parameters[: EPOCH // 2] *= 1e-6
    found = burdens(responsibilities(born, DECAY, EPOCH, EPOCH * EPOCHS), bursts(born.moments), EPOCH)
    assert found[0].position == 7
    assert found[0].share > 0.95


def test_the_planted_minibatches_carry_nearly_all_growth() -> None:
    planted = _planted({7: 300.0, 31: 100.0})
    steps = EPOCH * EPOCHS
    found = burdens(responsibilities(planted, DECAY, 0, steps), bursts(planted.moments), EPOCH)
    assert [burden.position for burden in found[:2]] == [7, 31]
    assert found[0].share + found[1].share > 0.95
    assert sum(burden.share for burden in found) == pytest.approx(1.0)
    assert hardest(shares(found)) == (7, 31)


def test_builds_that_do_not_differ_blame_no_one() -> None:
    nothing = np.zeros(41)
    same = Growth(nothing, nothing, nothing, nothing[1:], np.full(40, np.nan))
    found = burdens(responsibilities(same, DECAY, 0, 40), bursts(same.moments), EPOCH)
    assert [burden.share for burden in found] == [0.0] * EPOCH
    assert not any(burden.bursts for burden in found)


@given(
    st.lists(st.floats(1e-16, 1e-2), min_size=3, max_size=30),
    st.lists(st.floats(1e-12, 1e3), min_size=30, max_size=30),
)
def test_whatever_the_gradients_nothing_of_the_growth_is_lost(apart: list[float], kicks: list[float]) -> None:
    parameters = np.array(apart)
    steps = len(apart) - 1
    gradients = np.array(kicks[:steps])
    given_growth = Growth(parameters, np.zeros(steps + 1), np.zeros(steps + 1), gradients, np.zeros(steps))
    found = responsibilities(given_growth, DECAY, 0, steps)
    assert found.sum() == pytest.approx(np.log(parameters[-1] / parameters[0]), abs=1e-6)


@pytest.mark.parametrize(("minibatches", "number"), [(1, 1), (19, 1), (20, 1), (21, 2), (260, 13)])
def test_the_hardest_are_a_twentieth(minibatches: int, number: int) -> None:
    values = np.arange(minibatches, dtype=np.float64)
    assert hardest(values) == tuple(range(minibatches - 1, minibatches - 1 - number, -1))
