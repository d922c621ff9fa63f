"""Builds whose parameters are wrong: another start, another bit, another training, another device's."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from longcon.builds.coherence import require_coherent
from longcon.checks import (
    initial_states_identical,
    replicates_identical,
    resumed_training_identical,
    sine_below_tolerance,
    sine_measured,
)
from longcon.protocol import Limits
from longcon.training import initial_state
from tests.planted.bench import ORDER, Bench, Tensors, altered
from tests.planted.defect import Defect, Found, decided, refused

REPLICATES = "k=2 float64 on cpu, replicate 1 against replicate 2"
REBUILD = "k=2 float64 on cpu+order:1, replicate 1 against cpu"
_START = "state-0000.safetensors"


def one_ulp(tensors: Tensors) -> None:
    """Moves one parameter of the first layer by one unit in its last place."""
    tensors["0.weight"][3, 7] = np.nextafter(tensors["0.weight"][3, 7], 9)


def _one_ulp_in_a_replicate(bench: Bench) -> Found:
    second = altered(bench.copy(replicate=2), {"state-0004.safetensors": one_ulp})
    return decided("LC-OQ-02", lambda: replicates_identical(bench.true(), second))


def _one_ulp_at_the_start(bench: Bench) -> Found:
    rebuild = altered(bench.copy(ORDER), {_START: one_ulp})
    return decided("LC-OQ-01", lambda: initial_states_identical(bench.true(), rebuild))


def _minus_zero(bench: Bench) -> Found:
    def change(tensors: Tensors) -> None:
        tensors["1.bias"][0] = -tensors["1.bias"][0]

    rebuild = altered(bench.copy(ORDER), {_START: change})
    return decided("LC-OQ-01", lambda: initial_states_identical(bench.true(), rebuild))


def _another_seed(bench: Bench) -> Found:
    def change(tensors: Tensors) -> None:
        tensors |= initial_state(300, (128, 32), 7, 1, "float64")

    rebuild = altered(bench.copy(ORDER), {_START: change})
    return decided("LC-OQ-01", lambda: initial_states_identical(bench.true(), rebuild))


def _all_of_another_seed(bench: Bench) -> Found:
    build = altered(bench.copy(), manifest=lambda told: told["request"]["recipe"].update(seed=1))
    return refused(lambda: require_coherent(build, bench.data, bench.epoch))


def _turned(bench: Bench) -> Found:
    def change(tensors: Tensors) -> None:
        tensors["0.weight"] += np.random.default_rng(0).normal(0, 1e-3, tensors["0.weight"].shape)

    rebuild = altered(bench.copy(ORDER), {bench.state: change})
    return decided(
        "LC-PQ-01", lambda: sine_below_tolerance(bench.true(), rebuild, bench.epoch, Limits().sine_tolerance)
    )


def _not_a_number(bench: Bench) -> Found:
    def change(tensors: Tensors) -> None:
        tensors["0.bias"][5] = np.nan

    rebuild = altered(bench.copy(ORDER), {bench.state: change})
    return decided(
        "LC-PQ-01", lambda: sine_below_tolerance(bench.true(), rebuild, bench.epoch, Limits().sine_tolerance)
    )


def _not_a_number_anywhere(bench: Bench) -> Found:
    def change(tensors: Tensors) -> None:
        tensors["6.weight"][:] = np.nan

    build = altered(bench.copy(), {bench.state: change})
    return refused(lambda: require_coherent(build, bench.data, bench.epoch))


def _lose_a_bias(tensors: Tensors) -> None:
    del tensors["6.bias"]


def _without_a_layer(bench: Bench) -> Found:
    build = altered(bench.copy(), {bench.state: _lose_a_bias})
    return refused(lambda: require_coherent(build, bench.data, bench.epoch))


def _of_other_cases(bench: Bench) -> Found:
    """The hold-out leaked: a case of it stood where a training case should have, under that one's name."""
    values = bench.data.training.copy()
    values[:] = np.roll(values, 1, axis=0)
    other = replace(bench.data, training=values, training_labels=np.roll(bench.data.training_labels, 1))
    return refused(lambda: require_coherent(bench.true(), other, bench.epoch))


def _released_state_lost(bench: Bench) -> Found:
    rebuild = altered(bench.copy(ORDER), manifest=lambda told: told["files"].pop(bench.state))
    return decided("LC-PQ-02", lambda: sine_measured(bench.true(), rebuild, bench.epoch, Limits().sine_tolerance))


def _recorded_states_lost(bench: Bench) -> Found:
    second = altered(bench.copy(replicate=2), manifest=lambda told: told["files"].pop("state-0002.safetensors"))
    return decided("LC-OQ-02", lambda: replicates_identical(bench.true(), second))


def _one_ulp_after_a_resumption(bench: Bench) -> Found:
    resumed = altered(bench.resumed(), {"state-0002.safetensors": one_ulp})
    return decided("LC-OQ-04", lambda: resumed_training_identical(bench.true(), resumed))


def _never_resumed(bench: Bench) -> Found:
    resumed = altered(bench.resumed(), manifest=lambda told: told.update(resumed_at=[]))
    return decided("LC-OQ-04", lambda: resumed_training_identical(bench.true(), resumed))


_ROUND = "Likely cause: round-off grown in training; try an earlier --release-epoch or another --k."
_NOT_DRAWN = "likely cause: the initial values were not drawn on the host alike."
_RESTORE = "restore it from a copy, or delete it or give --fresh to retrain."

DEFECTS = (
    Defect(
        "one ulp after a resumption",
        "the state in which a resumed build ends",
        _one_ulp_after_a_resumption,
        "LC-OQ-04",
        "k=2 float64 on cpu, replicate 1 against its first epochs, resumed after epoch 1 by another process: states "
        "differ at epoch 2 in 0.weight: 1 of 38,400 values differ, first at (3, 7): {number} against {number} (1 ulp); "
        "likely cause: the checkpoint lacks something that training on this device depends on, or an operation is "
        "nondeterministic, which LC-OQ-02 tells; report it, and give --fresh after every interruption until it is "
        "mended.",
    ),
    Defect(
        "a resumed build that never was",
        "the manifest of a resumed build: no interruption",
        _never_resumed,
        "LC-OQ-04",
        "k=2 float64 on cpu, replicate 1, killed after epoch 1 was never resumed: compare with what Campaign.resumed "
        "returns.",
    ),
    Defect(
        "one ulp in one parameter",
        "a replicate's state at epoch 4, its manifest sealed anew",
        _one_ulp_in_a_replicate,
        "LC-OQ-02",
        f"{REPLICATES}: states differ at epoch 4 in 0.weight: 1 of 38,400 values differ, first at (3, 7): {{number}} "
        "against {number} (1 ulp); likely cause: a nondeterministic operation, another thread count or an altered "
        "build; run again with --fresh.",
    ),
    Defect(
        "one ulp at the start",
        "a rebuild's initial state",
        _one_ulp_at_the_start,
        "LC-OQ-01",
        f"{REBUILD}: states differ at epoch 0 in 0.weight: 1 of 38,400 values differ, first at (3, 7): {{number}} "
        f"against {{number}} (1 ulp); {_NOT_DRAWN}",
    ),
    Defect(
        "a zero of the other sign",
        "a rebuild's initial state: -0.0 where 0.0 belongs",
        _minus_zero,
        "LC-OQ-01",
        f"{REBUILD}: states differ at epoch 0 in 1.bias: 1 of 128 values differ, first at (0,): 0.0 against -0.0 "
        f"(0 ulp); {_NOT_DRAWN}",
    ),
    Defect(
        "changed seed",
        "a rebuild's initial state, drawn from seed 1",
        _another_seed,
        "LC-OQ-01",
        f"{REBUILD}: states differ at epoch 0 in 0.bias: 128 of 128 values differ, first at (0,): {{number}} "
        f"against {{number}} (largest difference: {{number}} ulp); {_NOT_DRAWN}",
    ),
    Defect(
        "a recipe that is not the training's",
        "the seed in the original's request, sealed anew under the key that this gives",
        _all_of_another_seed,
        "store",
        "Build {key} (k=2 float64 on cpu, replicate 1) contradicts itself: its initial 0.weight is not what seed 1 of "
        f"its recipe gives; {_RESTORE}",
    ),
    Defect(
        "parameters turned",
        "a rebuild's released state: noise of 1e-3 on the first layer",
        _turned,
        "LC-PQ-01",
        f"{REBUILD}: vector sine {{number}} at the released epoch 6 exceeds the tolerance 1.49e-08; it first exceeds "
        f"1.49e-08 after epoch 4 ({{number}}), at recorded epoch 6 ({{number}}). {_ROUND}",
    ),
    Defect(
        "non-finite parameters",
        "a rebuild's released state: one NaN",
        _not_a_number,
        "LC-PQ-01",
        "The vector sine's second vector holds nan at index 5: its training overflowed, so lower the learning rate.",
    ),
    Defect(
        "non-finite parameters under finite scores",
        "the original's released state: a last layer of NaN",
        _not_a_number_anywhere,
        "store",
        "Build {key} (k=2 float64 on cpu, replicate 1) contradicts itself: its holdout scores at epoch 6 are not those "
        "of its parameters on 87 of 87 cases, first on {case} ({class} {number}, not GBM, G34 nan); " + _RESTORE,
    ),
    Defect(
        "a parameter left out",
        "the original's released state: no last bias",
        _without_a_layer,
        "store",
        "Build {key} (k=2 float64 on cpu, replicate 1) contradicts itself: its parameters at epoch 6 are not those of "
        f"its recipe's network in name, shape and type; {_RESTORE}",
    ),
    Defect(
        "shuffled order",
        "the training cases: each in the place of the one before it",
        _of_other_cases,
        "store",
        "Build {key} (k=2 float64 on cpu, replicate 1) contradicts itself: the loss of its first minibatch is "
        "{number}, "
        "but cases {case}, {case} give {number}, so it was trained on other cases or in another order; " + _RESTORE,
    ),
    Defect(
        "the released state lost",
        "a rebuild's manifest: no file of the released epoch",
        _released_state_lost,
        "LC-PQ-02",
        "k=2 float64 on cpu+order:1, replicate 1 keeps no state of the released epoch 6: run again with --fresh.",
    ),
    Defect(
        "a recorded state lost",
        "a replicate's manifest: no file of epoch 2",
        _recorded_states_lost,
        "LC-OQ-02",
        f"{REPLICATES}: one recorded epochs 0, 1, 2, 4, 6, the other 0, 1, 4, 6, because their best epochs differ or a "
        "build was altered; run again with --fresh.",
    ),
)
