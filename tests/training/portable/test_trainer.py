"""Portable training beside native: the same mathematics, its own bits; and what `train` makes of the recipe."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import mpmath  # type: ignore[import-untyped]
import numpy as np
import pytest
import torch

from longcon.devices import enforce
from longcon.training import Cases, Ordering, Recipe, Training, initial_state, train
from tests.training import plain
from tests.training.portable.trainers import digest, trainer


def _trained(recipe: Recipe, ordering: Ordering | None = None) -> Training:
    enforce()
    training, holdout, prospective = plain.cohort(60, 0)
    return train(
        recipe,
        plain.CLASSES,
        training,
        holdout,
        prospective,
        device=torch.device("cpu"),
        record=(0, 1, 3),
        keep_best=False,
        ordering=ordering,
    )


@pytest.mark.parametrize("k", [1, 2, 3, 8])
def test_training_agrees_with_native_to_round_off(k: int) -> None:
    native, portable = (
        _trained(Recipe(k=k, epochs=3)),
        _trained(Recipe(k=k, epochs=3, arithmetic="portable")),
    )
    for name, value in native.snapshots[1].state.items():
        np.testing.assert_allclose(portable.snapshots[1].state[name], value, rtol=0, atol=1e-12)
    np.testing.assert_allclose(portable.snapshots[1].holdout, native.snapshots[1].holdout, rtol=1e-10)
    assert portable.history[0].training_loss == pytest.approx(native.history[0].training_loss, rel=1e-12)
    assert digest(portable.snapshots[0].state) == digest(native.snapshots[0].state)


def test_train_takes_the_portable_trainer() -> None:
    training, _, prospective = plain.cohort(60, 0)
    recipe = Recipe(k=2, epochs=3, arithmetic="portable")
    ours = trainer(recipe, training, compiled=False)
    for _ in range(3):
        ours.epoch()
    snapshot = _trained(recipe).snapshots[3]
    assert digest(snapshot.state) == digest(ours.state())
    assert np.array_equal(snapshot.prospective, ours.scores(ours.on_device(prospective.values)))


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_the_epsilon_of_layer_normalisation_is_the_recipes(dtype: str) -> None:
    recipe = Recipe(k=2, epochs=3, arithmetic="portable", dtype=dtype, layer_norm_epsilon=0.1)  # type: ignore[arg-type]
    states = [_trained(recipe).snapshots[3].state]
    for compiled in (False, True):
        ours = trainer(recipe, plain.cohort(60, 0)[0], compiled=compiled)
        for _ in range(3):
            ours.epoch()
        states.append(ours.state())
    assert len({digest(state) for state in states}) == 1
    native = _trained(replace(recipe, arithmetic="native")).snapshots[1].state
    tolerance = 1e-12 if dtype == "float64" else 1e-4
    for name, value in native.items():
        np.testing.assert_allclose(_trained(recipe).snapshots[1].state[name], value, rtol=0, atol=tolerance)
    assert digest(_trained(replace(recipe, layer_norm_epsilon=1e-5)).snapshots[3].state) != digest(states[0])


def test_another_order_of_sums_is_other_bits_and_the_same_mathematics() -> None:
    generator = np.random.Generator(np.random.PCG64(0))
    ordering = Ordering(generator.permutation(60), (generator.permutation(128), generator.permutation(32)))
    recipe = Recipe(k=2, epochs=3, arithmetic="portable")
    plainly, permuted = _trained(recipe).snapshots[1].state, _trained(recipe, ordering).snapshots[1].state
    assert digest(plainly) != digest(permuted)
    for name, value in plainly.items():
        np.testing.assert_allclose(permuted[name], value, rtol=0, atol=1e-12)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("penalty", [0.0, 0.0025])
def test_one_step_is_within_4_ulp_of_exact_arithmetic(dtype: str, penalty: float) -> None:
    """Three cases, one minibatch: each parameter against mpmath, in units of the largest of its layer; 1.4 seen."""
    recipe = Recipe(k=3, widths=(16, 8), weight_decay=penalty, dtype=dtype)  # type: ignore[arg-type]
    training, _, _ = plain.cohort(20, 0)
    assert training.labels is not None
    cases = Cases(training.values[:3], training.labels[:3])
    ours = trainer(recipe, cases, compiled=True)
    loss = ours.epoch()
    with mpmath.workprec(200):
        exact_loss, exact = _exact_step(recipe, cases)
        worst = 0.0
        for name, found in ours.state().items():
            unit = float(np.spacing(np.abs(found).max()))
            differences = (abs(float(e - float(f))) for e, f in zip(exact[name].ravel(), found.ravel(), strict=True))
            worst = max(worst, max(differences) / unit)
    assert worst < 4
    assert abs(loss - float(exact_loss)) < 4 * float(np.spacing(np.dtype(dtype).type(loss)))


def _exact_step(recipe: Recipe, cases: Cases) -> tuple[Any, dict[str, Any]]:
    """Returns loss and parameters after one step from zero moments, on object arrays of mpmath's numbers."""
    number = np.vectorize(lambda value: mpmath.mpf(float(value)), otypes=[object])
    start = initial_state(20, recipe.widths, plain.CLASSES, recipe.seed, recipe.dtype)
    state = {name: number(value) for name, value in start.items()}
    assert cases.labels is not None
    values, labels = number(cases.values.astype(recipe.dtype)), cases.labels
    half = mpmath.mpf(0.5)
    shrink = np.vectorize(lambda x: x - half if x > half else x + half if x < -half else mpmath.mpf(0), otypes=[object])
    kept = []
    for layer in (0, 3):
        inputs, weight = values, state[f"{layer + 1}.weight"]
        hidden = inputs.dot(state[f"{layer}.weight"].T) + state[f"{layer}.bias"]
        centred = hidden - (hidden.sum(1) / hidden.shape[1])[:, None]
        variance = (centred**2).sum(1) / hidden.shape[1]
        root = np.array([mpmath.sqrt(v + mpmath.mpf(float(np.dtype(recipe.dtype).type(1e-5)))) for v in variance])[
            :, None
        ]
        normal = centred / root
        outer = normal * weight + state[f"{layer + 1}.bias"]
        values = shrink(outer)
        kept.append((layer, inputs, normal, root, values))
    logits = values.dot(state["6.weight"].T) + state["6.bias"]
    powers = np.vectorize(mpmath.exp, otypes=[object])(logits)
    scores = powers / powers.sum(1)[:, None]
    rows = np.arange(len(labels))
    loss = -sum(mpmath.log(p) for p in scores[rows, labels]) / len(labels)
    scores[rows, labels] -= 1
    delta = scores / len(labels)
    gradients = {"6.weight": delta.T.dot(values), "6.bias": delta.sum(0)}
    delta = delta.dot(state["6.weight"])
    for layer, inputs, normal, root, outputs in reversed(kept):
        delta = np.where(outputs == 0, mpmath.mpf(0), delta)
        gradients |= {f"{layer + 1}.weight": (delta * normal).sum(0), f"{layer + 1}.bias": delta.sum(0)}
        scaled, units = delta * state[f"{layer + 1}.weight"], delta.shape[1]
        share = (scaled * normal).sum(1)[:, None] / units
        delta = (scaled - scaled.sum(1)[:, None] / units - normal * share) / root
        gradients |= {f"{layer}.weight": delta.T.dot(inputs), f"{layer}.bias": delta.sum(0)}
        delta = delta.dot(state[f"{layer}.weight"])
    for name, gradient in gradients.items():
        full = gradient + mpmath.mpf(recipe.weight_decay) * state[name]
        state[name] = state[name] - full / (np.abs(full) + mpmath.mpf(recipe.epsilon)) * mpmath.mpf(
            recipe.learning_rate
        )
    return loss, state


def test_a_short_last_minibatch_is_averaged_over_its_own_cases() -> None:
    training, _, _ = plain.cohort(60, 0)
    assert training.labels is not None
    few = Cases(training.values[:7], training.labels[:7])
    recipe = Recipe(k=4, epochs=1, weight_decay=0.0)
    ours = trainer(replace(recipe, arithmetic="portable"), few, compiled=True)
    ours.epoch()
    theirs = plain.plain_loop(recipe, few)
    for name, value in ours.state().items():
        np.testing.assert_allclose(value, theirs[name], rtol=0, atol=1e-12)
