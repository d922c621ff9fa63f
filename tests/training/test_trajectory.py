"""Trajectories: they change no bit of a training, and say of every step what is so."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file
from torch import nn

from longcon.devices import enforce, parse_devices
from longcon.errors import RecipeError
from longcon.measures import vector_sine
from longcon.training import (
    Recipe,
    State,
    Trajectory,
    case_order,
    initial_state,
    minibatch_cases,
    network,
    steps_per_epoch,
)
from longcon.training.loop import trainer_for
from longcon.training.recorder import Asked
from tests.training import plain
from tests.training.recorded import RECIPE, ROOT, ordering, trained

CPU = torch.device("cpu")
# Three standard deviations of 256 sums, and the round-off, as `sketch` states them.
ERROR, FLOOR = 3 / 16, 4e-16


def _bits(state: State) -> dict[str, bytes]:
    return {name: value.tobytes() for name, value in state.items()}


def _vector(state: State) -> np.ndarray:
    return np.concatenate([state[name].ravel() for name in sorted(state)])


def _nothing_kept(recipe: Recipe, features: int) -> State:
    enforce()
    trainer = trainer_for(recipe, plain.CLASSES, plain.cohort(features, 0)[0], CPU, None)
    for _ in range(recipe.epochs):
        trainer.epoch()
    return trainer.state()


@pytest.mark.parametrize("arithmetic", ["native", "portable"])
@pytest.mark.parametrize(("k", "dtype", "features"), [(1, "float64", 60), (3, "float32", 60), (2, "float64", 2003)])
def test_recording_changes_no_bit(arithmetic: Any, k: int, dtype: Any, features: int) -> None:
    recipe = Recipe(k=k, dtype=dtype, arithmetic=arithmetic, epochs=2)
    asked: dict[str, Any] = {}
    if arithmetic == "native":
        asked = {"detail": True, "curvature": _curvature, "curvature_every": 2}
    assert _bits(trained(recipe, features, **asked).snapshots[2].state) == _bits(_nothing_kept(recipe, features))


def _curvature(model: nn.Module, inputs: torch.Tensor, labels: torch.Tensor) -> tuple[float, float, float, float]:
    """Stands for the curvature: leaves gradients behind, which a training must not see."""
    loss = nn.functional.cross_entropy(model(inputs), labels)
    loss.backward()  # type: ignore[no-untyped-call]
    return float(loss.detach()), -1.0, 0.5, float(len(labels))


def test_curvature_is_measured_before_the_update_where_it_is_asked_for() -> None:
    kept = trained(Recipe(k=8, epochs=2), 60, curvature=_curvature, curvature_every=3).trajectory
    asked = np.arange(10) % 3 == 0
    assert np.array_equal(np.isfinite(kept.residuals), asked)
    np.testing.assert_allclose(kept.residuals[asked], kept.losses[asked], rtol=1e-14)
    # The fifth minibatch of 37 cases holds 5; it is never a third one here, all that are hold 8.
    assert kept.largest[asked].tolist() == [8, 8, 8, 5]
    assert (kept.smallest[asked] == -1).all()
    assert (kept.smallest_errors[asked] == 0.5).all()
    unasked = trained(Recipe(k=8, epochs=2), 60, curvature=_curvature).trajectory
    assert np.isnan(unasked.residuals).all()


@pytest.mark.parametrize("arithmetic", ["native", "portable"])
@pytest.mark.parametrize(("k", "dtype"), [(1, "float64"), (8, "float64"), (8, "float32")])
def test_losses_and_gradient_norms_are_those_of_the_whole_gradient(arithmetic: Any, k: int, dtype: Any) -> None:
    recipe = Recipe(k=k, dtype=dtype, arithmetic=arithmetic, epochs=2)
    kept = trained(recipe, 60, order=ordering(1, 60)).trajectory
    model = network(60, recipe.widths, plain.CLASSES, torch.float64).to_empty(device="cpu")
    start = initial_state(60, recipe.widths, plain.CLASSES, 0, dtype)
    model.load_state_dict({name: torch.from_numpy(value).double() for name, value in start.items()})
    optimiser = torch.optim.Adamax(model.parameters(), lr=recipe.learning_rate, weight_decay=recipe.weight_decay)
    training = plain.cohort(60, 0)[0]
    assert training.labels is not None
    values, labels = torch.from_numpy(training.values), torch.from_numpy(training.labels)
    for step in range(kept.steps):
        batch = list(minibatch_cases(step, 37, recipe))
        optimiser.zero_grad()
        loss = nn.functional.cross_entropy(model(values[batch]), labels[batch])
        loss.backward()  # type: ignore[no-untyped-call]
        norm = torch.cat([p.grad.ravel() for p in model.parameters() if p.grad is not None]).norm()
        tolerance = 1e-9 if dtype == "float64" else 1e-3
        assert kept.losses[step] == pytest.approx(loss.item(), rel=tolerance)
        assert kept.gradient_norms[step] == pytest.approx(float(norm), rel=tolerance)
        optimiser.step()


@pytest.mark.parametrize("arithmetic", ["native", "portable"])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_sines_at_recorded_states_are_those_of_the_parameters(arithmetic: Any, dtype: Any) -> None:
    recipe = Recipe(k=2, dtype=dtype, arithmetic=arithmetic, epochs=6)
    a, b = trained(recipe), trained(recipe, order=ordering(1))
    every = steps_per_epoch(37, 2)
    sines = a.trajectory.sine(b.trajectory)
    assert a.trajectory.first_difference(b.trajectory) == 1
    assert sines[0] == 0
    for epoch in range(1, 7):
        exact = vector_sine(_vector(a.snapshots[epoch].state), _vector(b.snapshots[epoch].state))
        assert abs(sines[epoch * every] - exact) < ERROR * exact + FLOOR


def test_both_executions_of_portable_arithmetic_have_the_same_digests() -> None:
    from longcon.training.initialisation import case_order as order_of
    from longcon.training.ordering import Ordering
    from longcon.training.portable import PortableTrainer
    from longcon.training.recorder import Recorder
    from tests.training.portable.trainers import started

    training = plain.cohort(2003, 0)[0]
    assert training.labels is not None
    # Rows that are no multiple of four, and columns that fill no chunk.
    recipe = Recipe(k=3, epochs=2, arithmetic="portable", widths=(30, 9))
    kept = []
    for compiled in (False, True):
        model, natural = started(recipe, 2003), Ordering.identity(2003, recipe.widths)
        recorder = Recorder(recipe, model, natural, 37)
        order = order_of(37, 0)
        cases = training.values[order], training.labels[order]
        trainer = PortableTrainer(recipe, model, *cases, CPU, natural, compiled=compiled, recorder=recorder)
        for _ in range(2):
            trainer.epoch()
        kept.append(recorder.trajectory())
    assert kept[0].first_difference(kept[1]) is None
    assert len(set(kept[0].digests.tolist())) == 27
    np.testing.assert_allclose(kept[0].sketches, kept[1].sketches, rtol=0, atol=1e-14)
    np.testing.assert_allclose(kept[0].gradient_norms, kept[1].gradient_norms, rtol=1e-12)


@pytest.mark.slow
def test_sines_of_other_kernels_are_those_of_the_parameters(tmp_path: Path) -> None:
    here = trained(RECIPE)
    every = steps_per_epoch(37, RECIPE.k)
    for device in parse_devices(["cpu"], ["isa:default", "mkl:COMPATIBLE"])[1:]:
        path = tmp_path / f"{device.name}.safetensors"
        done = subprocess.run(
            [sys.executable, "-m", "tests.training.recorded", path],
            env=device.process_environment() | {"PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        arrays = load_file(path)
        there = Trajectory.of(arrays, RECIPE.epochs)
        sines = here.trajectory.sine(there)
        for epoch, snapshot in here.snapshots.items():
            other = {name: arrays[f"{epoch}/{name}"] for name in snapshot.state}
            exact = vector_sine(_vector(snapshot.state), _vector(other))
            assert abs(sines[epoch * every] - exact) < ERROR * exact + FLOOR
            differs = _bits(snapshot.state) != _bits(other)
            assert (here.trajectory.digests[epoch * every] != there.digests[epoch * every]) == differs


def test_the_cases_of_a_step_are_those_of_the_visiting_order() -> None:
    recipe = Recipe(k=8, epochs=2, seed=3)
    seen = [minibatch_cases(step, 37, recipe) for step in range(10)]
    assert steps_per_epoch(37, 8) == 5
    assert [len(cases) for cases in seen] == [8, 8, 8, 8, 5] * 2
    assert [case for cases in seen[:5] for case in cases] == case_order(37, 3).tolist()
    assert seen[5:] == seen[:5]


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        (
            {"detail": True},
            "Detail of every step is kept in native arithmetic only, but the recipe's is portable: "
            "give --arithmetic=native or do not ask for it.",
        ),
        (
            {"curvature_every": 2},
            "Curvature of every step is kept in native arithmetic only, but the recipe's is portable: "
            "give --arithmetic=native or do not ask for it.",
        ),
    ],
)
def test_what_portable_arithmetic_cannot_give_is_refused(asked: dict[str, Any], text: str) -> None:
    with pytest.raises(RecipeError) as error:
        Asked(**asked).fits(Recipe(k=1, arithmetic="portable"))
    assert str(error.value) == text


def test_a_negative_number_of_steps_is_refused() -> None:
    with pytest.raises(RecipeError) as error:
        Asked(curvature_every=-1).fits(Recipe(k=1))
    assert str(error.value) == "Curvature is asked for every -1 steps: give 1 or more, or 0 for none."


def _spoiled(**changes: Any) -> dict[str, np.ndarray]:
    one = np.ones(4)
    kept = Trajectory(np.ones((5, 256)), np.ones(5, np.uint64), one, one, one, one, one, one).arrays()
    return {name: value for name, value in (kept | changes).items() if value is not None}


SPOILED: list[tuple[dict[str, Any], str]] = [
    ({"losses": np.ones(5)}, "its 5 steps do not make 2 epochs"),
    ({"losses": None}, "its 0 steps do not make 2 epochs"),
    ({"sketches": np.ones((5, 255))}, "sketches are of another shape"),
    ({"digests": np.ones(5)}, "digests are missing or of another kind"),
    ({"largest": None}, "largest are missing or of another kind"),
    ({"gradient_norms": np.array([1, 2, np.nan, 4])}, "gradient_norms are not finite"),
]


@pytest.mark.parametrize(("changes", "text"), SPOILED, ids=[text for _, text in SPOILED])
def test_arrays_that_are_no_trajectory_are_refused(changes: dict[str, Any], text: str) -> None:
    Trajectory.of(_spoiled(residuals=np.full(4, np.nan)), 2)
    with pytest.raises(ValueError, match=f"^{text}$"):
        Trajectory.of(_spoiled(**changes), 2)


def test_a_build_of_the_papers_size_keeps_less_than_60_mb() -> None:
    # 64 epochs of 260 cases at k = 1; the parameters' number does not enter.
    steps = 64 * 260
    assert (steps + 1) * (256 + 1) * 8 + steps * 6 * 8 < 36e6
    assert sum(value.nbytes for value in _spoiled().values()) == 5 * 257 * 8 + 4 * 6 * 8
