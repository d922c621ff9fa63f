"""Training of any model by any optimiser: the bits of a plain loop, kept, cut and gone on with."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from longcon.devices import enforce, parse_surrogate
from longcon.errors import BuildError, LongconError, RecipeError
from longcon.training import (
    BUFFERS,
    Asked,
    Checkpoint,
    Ordering,
    PaperMethod,
    Recipe,
    Training,
    case_order,
    hold,
    natural_ordering,
    started,
    take_state,
)
from longcon.training.checkpoint_bytes import of_bytes, to_bytes
from longcon.training.generic import GenericTrainer
from longcon.training.loop import trainer_for
from longcon.training.native import NativeTrainer
from longcon.training.recorder import Recorder
from tests.training import plain
from tests.training.methods import ADAM, FEATURES, METHODS, SGD, Made, Noisy, bits, connected, dropping, plain_loop

CPU = torch.device("cpu")
EPOCHS = 2
RECIPES = [Recipe(k=k, dtype=dtype, epochs=EPOCHS) for k in (2, 3) for dtype in ("float64", "float32")]
# Of 19 cases, and of 17, each k leaves a short last minibatch; of one case alone there are no statistics.
CASES = [(name, r) for name, method in METHODS.items() for r in RECIPES if (method.cases, r.k) != (17, 2)]


class Guessing(nn.Module):
    """Draws where it is used, not only where it is trained."""

    def __init__(self, features: int, classes: int) -> None:
        super().__init__()
        self.inner = dropping(features, classes)

    def forward(self, inputs: Tensor) -> Tensor:
        outputs: Tensor = self.inner(inputs)
        return outputs + 0.1 * torch.randn_like(outputs)


# These draw what no plain loop would: an optimiser, and a model that is scored.
DRAWING = {"noisy": Made(connected, partial(Noisy, lr=0.05)), "guessing": Made(Guessing, ADAM)}
EVERY = METHODS | DRAWING


@functools.cache
def _uncut(name: str, dtype: Any) -> tuple[Training, dict[int, bytes]]:
    """Returns a training, and the checkpoint of each of its epochs as bytes."""
    kept: dict[int, bytes] = {}

    def keep(epoch: int, make: Callable[[], Checkpoint]) -> None:
        kept[epoch] = to_bytes(make(), "me")

    return EVERY[name].train(Recipe(k=3, dtype=dtype, epochs=EPOCHS), on_checkpoint=keep), kept


def _trained(name: str, recipe: Recipe) -> Training:
    return _uncut(name, recipe.dtype)[0] if recipe.k == 3 else EVERY[name].train(recipe)


@pytest.mark.parametrize(("name", "recipe"), CASES, ids=[f"{name}-{r.dtype}-k{r.k}" for name, r in CASES])
def test_bits_are_those_of_a_plain_loop(name: str, recipe: Recipe) -> None:
    ours = _trained(name, recipe)
    theirs = plain_loop(METHODS[name], recipe, ours.snapshots[0].state)
    state = {key.removeprefix(BUFFERS): value for key, value in ours.snapshots[EPOCHS].state.items()}
    assert state.keys() == theirs.state.keys()
    assert [key for key, value in state.items() if value.tobytes() != theirs.state[key].tobytes()] == []
    assert ours.trajectory.losses.tolist() == theirs.losses
    np.testing.assert_allclose(ours.trajectory.gradient_norms, theirs.norms, rtol=1e-12)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", EVERY)
def test_a_resumed_training_has_every_bit_of_the_uncut_one(name: str, dtype: Any) -> None:
    uncut, kept = _uncut(name, dtype)
    assert list(kept) == [1, 2]
    recipe = Recipe(k=3, dtype=dtype, epochs=EPOCHS)
    for epoch in kept:
        # What was drawn before is nothing to a training.
        torch.manual_seed(epoch)
        resumed = EVERY[name].train(recipe, resume=of_bytes(kept[epoch], "me"))
        assert bits(resumed) == bits(uncut)
        assert resumed.resumed_at == (epoch,)


@pytest.mark.parametrize("name", EVERY)
def test_two_runs_are_identical_and_seeds_differ(name: str) -> None:
    torch.manual_seed(7)
    before = torch.get_rng_state()
    recipe = Recipe(k=3, epochs=EPOCHS)
    assert bits(EVERY[name].train(recipe)) == bits(_uncut(name, "float64")[0])
    assert torch.equal(torch.get_rng_state(), before)
    other = EVERY[name].train(Recipe(k=3, epochs=1, seed=1))
    assert other.trajectory.digests[0] != _uncut(name, "float64")[0].trajectory.digests[0]


def test_a_parameter_wider_than_the_first_weight_counts_to_its_last_bit() -> None:
    last = nn.Linear(4, plain.CLASSES).double()
    model = nn.Sequential(nn.Linear(FEATURES, 4), last)
    seen = []
    for _ in range(2):
        seen.append(Recorder(Recipe(k=1), model, natural_ordering(model, FEATURES), 1).so_far()["digests"][0])
        with torch.no_grad():
            last.bias[0] = torch.nextafter(last.bias[0], last.bias.new_ones(()))
    assert seen[0] != seen[1]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", METHODS)
def test_digests_and_sketches_belong_to_the_parameters(name: str, dtype: Any) -> None:
    uncut, method = _uncut(name, dtype)[0], METHODS[name]
    recipe, every = Recipe(k=3, dtype=dtype, epochs=EPOCHS), -(-method.cases // 3)
    assert uncut.trajectory.steps == EPOCHS * every
    # Every step moves something, also one that puts its values elsewhere.
    assert len(set(uncut.trajectory.digests.tolist())) == EPOCHS * every + 1
    for epoch, snapshot in uncut.snapshots.items():
        model = method.make(FEATURES, plain.CLASSES).to(getattr(torch, dtype))
        take_state(model, snapshot.state)
        alone = Recorder(recipe, model, natural_ordering(model, FEATURES), method.cases).so_far()
        assert alone["digests"].view(np.uint64)[0] == uncut.trajectory.digests[epoch * every]
        np.testing.assert_array_equal(alone["sketches"][0], uncut.trajectory.sketches[epoch * every])


@pytest.mark.parametrize(("dtype", "number"), [("float64", None), ("float64", 3), ("float32", 3)])
def test_the_papers_method_has_the_bits_of_its_own_trainer(dtype: Any, number: int | None) -> None:
    enforce()
    recipe = Recipe(k=3, dtype=dtype, epochs=2, layer_norm_epsilon=0.1)
    training, method = plain.cohort(60, 0)[0], PaperMethod()
    assert training.labels is not None
    ordering = None
    if number is not None:
        features, *units = parse_surrogate(f"order:{number}").orders((60, *recipe.widths))
        ordering = Ordering(features, tuple(units))
    fast = trainer_for(recipe, plain.CLASSES, training, CPU, ordering, Asked())
    assert isinstance(fast, NativeTrainer)
    model = started(method, 60, plain.CLASSES, recipe)
    assert [module.eps for module in model.modules() if isinstance(module, nn.LayerNorm)] == [0.1, 0.1]
    ordering = ordering or natural_ordering(model, 60)
    hold(model, ordering, CPU)
    order = case_order(37, recipe.seed)
    recorder = Recorder(recipe, model, ordering, 37)
    any_ = GenericTrainer(
        recipe, method, model, training.values[order], training.labels[order], CPU, ordering, recorder
    )
    assert [any_.epoch(), any_.epoch()] == [fast.epoch(), fast.epoch()]
    there, here = fast.state(), any_.state()
    assert {name: value.tobytes() for name, value in here.items()} == {n: v.tobytes() for n, v in there.items()}
    assert fast.recorder is not None
    assert np.array_equal(recorder.trajectory().digests, fast.recorder.trajectory().digests)
    inputs = training.values[:5]
    assert np.array_equal(any_.scores(any_.on_device(inputs)), fast.scores(fast.on_device(inputs)))


def test_scores_are_of_the_evaluated_model_and_leave_it_as_it_was() -> None:
    method = METHODS["batches"]
    recipe = Recipe(k=3, epochs=1)
    snapshot = method.train(recipe).snapshots[1]
    model = method.make(FEATURES, plain.CLASSES).double()
    take_state(model, snapshot.state)
    with torch.no_grad():
        scores = torch.softmax(model.eval()(torch.from_numpy(method.cohort()[1].values)), dim=1)
    assert np.array_equal(snapshot.holdout, scores.numpy())
    assert snapshot.state[f"{BUFFERS}1.num_batches_tracked"] == 6


class _Silent(torch.optim.SGD):
    """Takes gradients as they are and asks for no loss."""

    def step(self, closure: Any = None) -> None:  # type: ignore[override]  # noqa: ARG002
        super().step()


class _Reassigning(nn.Module):
    """Gives itself another parameter whenever it is used."""

    def __init__(self, features: int, classes: int) -> None:
        super().__init__()
        self.inner = connected(features, classes)
        self.scale = nn.Parameter(torch.ones(()))

    def forward(self, inputs: Tensor) -> Tensor:
        self.scale = nn.Parameter(self.scale.detach().clone())
        result: Tensor = self.inner(inputs) * self.scale
        return result


REFUSED: list[tuple[Made, type[LongconError], str]] = [
    (
        Made(connected, partial(_Silent, lr=0.1)),
        RecipeError,
        "The step of the optimiser _Silent asks for no loss: "
        "let it call the closure that it is given, as PyTorch's own do.",
    ),
    (
        Made(_Reassigning, SGD),
        BuildError,
        "The model gave itself other parameters in training: change their values in place.",
    ),
]


@pytest.mark.parametrize(("method", "kind", "text"), REFUSED, ids=["silent", "reassigning"])
def test_what_cannot_be_followed_is_refused(method: Made, kind: type[LongconError], text: str) -> None:
    with pytest.raises(kind) as error:
        method.train(Recipe(k=3, epochs=1))
    assert str(error.value) == text


def test_a_checkpoint_of_another_optimiser_is_refused() -> None:
    content = _uncut("Adam", "float64")[1][1]

    def optimise(parameters: Iterable[nn.Parameter]) -> torch.optim.Optimizer:
        return torch.optim.AdamW(parameters)

    with pytest.raises(LongconError) as error:
        Made(connected, optimise).train(Recipe(k=3, epochs=EPOCHS), resume=of_bytes(content, "me"))
    assert str(error.value) == ("The checkpoint cannot be used: its optimiser is another one; train from the start.")
