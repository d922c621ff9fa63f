"""The training loop: the bits of a plain PyTorch loop, on every CPU surrogate."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from longcon.devices import enforce, parse_devices
from longcon.errors import BuildError
from longcon.training import Cases, Recipe, Training, train
from tests.training import plain

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.parametrize(
    "device", parse_devices(["cpu"], ["isa:default", "isa:avx2", "mkl:COMPATIBLE"]), ids=lambda device: device.name
)
def test_bits_are_those_of_a_plain_loop(device) -> None:  # type: ignore[no-untyped-def]
    """200 steps and more for every k, precision and penalty, in a process with the device's own environment."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.training.plain"],
        env=device.process_environment() | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.split("\n")[:-1]
    assert len(lines) == len(plain.CASES)
    assert [line for line in lines if not line.endswith("identical")] == []


def _train(recipe: Recipe, record: tuple[int, ...] = (), *, keep_best: bool = False) -> Training:
    enforce()
    training, holdout, prospective = plain.cohort(60, recipe.seed)
    return train(
        recipe,
        plain.CLASSES,
        training,
        holdout,
        prospective,
        device=torch.device("cpu"),
        record=record,
        keep_best=keep_best,
    )


def test_the_best_epoch_is_the_earliest_of_least_holdout_error() -> None:
    training = _train(Recipe(k=2, epochs=12), keep_best=True)
    errors = [epoch.holdout_error for epoch in training.history]
    assert training.best_epoch == 1 + errors.index(min(errors))
    assert list(training.snapshots) == [training.best_epoch]


def test_a_snapshot_holds_the_state_of_its_epoch() -> None:
    long, short = _train(Recipe(k=2, epochs=6), (0, 3, 6)), _train(Recipe(k=2, epochs=3), (3,))
    assert list(long.snapshots) == [0, 3, 6]
    assert all(np.array_equal(long.snapshots[3].state[name], value) for name, value in short.snapshots[3].state.items())
    assert np.array_equal(long.snapshots[3].prospective, short.snapshots[3].prospective)


def test_a_short_last_minibatch_is_averaged_over_its_own_cases() -> None:
    # 7 cases at k = 4: with one epoch and no penalty the second step sees 3 cases.
    training, holdout, prospective = plain.cohort(60, 0)
    assert training.labels is not None
    few = Cases(training.values[:7], training.labels[:7])
    recipe = Recipe(k=4, epochs=1, weight_decay=0.0)
    enforce()
    ours = train(
        recipe,
        plain.CLASSES,
        few,
        holdout,
        prospective,
        device=torch.device("cpu"),
        record=(1,),
        keep_best=False,
    )
    theirs = plain.plain_loop(recipe, few)
    assert all(np.array_equal(value, theirs[name]) for name, value in ours.snapshots[1].state.items())


@pytest.mark.parametrize("epsilon", [1e-5, 0.1])
def test_the_epsilon_of_layer_normalisation_is_the_recipes(epsilon: float) -> None:
    recipe = Recipe(k=2, epochs=3, layer_norm_epsilon=epsilon)
    ours = _train(recipe, (3,)).snapshots[3].state
    theirs = plain.plain_loop(recipe, plain.cohort(60, 0)[0])
    assert all(np.array_equal(value, theirs[name]) for name, value in ours.items())
    other = _train(Recipe(k=2, epochs=3, layer_norm_epsilon=0.01), (3,)).snapshots[3].state
    assert not any(np.array_equal(value, other[name]) for name, value in ours.items())


def test_a_training_that_becomes_non_finite_says_so() -> None:
    with pytest.raises(BuildError) as error:
        _train(Recipe(k=1, epochs=2, learning_rate=1e300))
    assert str(error.value) == ("Training became non-finite in epoch 1: lower --learning-rate or use --dtype=float64.")
