"""Checkpoints: a training that goes on from one has every bit of the one that was never cut."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from longcon.devices import enforce, parse_surrogate
from longcon.errors import StoreError
from longcon.training import Carried, Checkpoint, Ordering, Recipe, Training, train
from longcon.training.checkpoint_bytes import of_bytes, to_bytes
from tests.training import plain

EPOCHS = 4


def _curvature(model: nn.Module, inputs: torch.Tensor, labels: torch.Tensor) -> tuple[float, float, float, float]:
    loss = nn.functional.cross_entropy(model(inputs), labels)
    return float(loss.detach()), -1.0, 0.5, float(len(labels))


@dataclass(frozen=True)
class Case:
    """What a training is asked for."""

    recipe: Recipe
    features: int = 60
    order: int | None = None
    asked: tuple[str, ...] = ()

    def train(self, **more: Any) -> Training:
        enforce()
        asked: dict[str, Any] = {"keep_best": "best" in self.asked, "detail": "detail" in self.asked}
        if "curvature" in self.asked:
            asked |= {"curvature": _curvature, "curvature_every": 7}
        return train(
            self.recipe,
            plain.CLASSES,
            *plain.cohort(self.features, 0),
            device=torch.device("cpu"),
            record=(0, 2, 4),
            ordering=self._ordering(),
            **(asked | more),
        )

    def _ordering(self) -> Ordering | None:
        if self.order is None:
            return None
        features, *units = parse_surrogate(f"order:{self.order}").orders((self.features, *self.recipe.widths))
        return Ordering(features, tuple(units))

    @functools.cache  # noqa: B019 - a table of a few small trainings
    def uncut(self) -> tuple[Training, dict[int, bytes]]:
        """Returns the training that was never cut, and the checkpoint of each of its epochs as bytes."""
        kept: dict[int, bytes] = {}

        def keep(epoch: int, make: Callable[[], Checkpoint]) -> None:
            kept[epoch] = to_bytes(make(), "me")

        return self.train(on_checkpoint=keep), kept

    def resumed(self, epoch: int, **more: Any) -> Training:
        return self.train(resume=of_bytes(self.uncut()[1][epoch], "me"), **more)


def _native(k: int, dtype: Any = "float64") -> Recipe:
    return Recipe(k=k, dtype=dtype, epochs=EPOCHS)


def _portable(k: int, dtype: Any = "float64") -> Recipe:
    return Recipe(k=k, dtype=dtype, epochs=EPOCHS, arithmetic="portable", widths=(30, 9))


# Of the 37 cases every k but 1 leaves a short last minibatch. Native weights of 2,003 columns are read by compiled
# kernels and updated in blocks.
CASES = [
    Case(_native(1)),
    Case(_native(3), order=1, asked=("best",)),
    Case(_native(2), 2003, asked=("best", "detail")),
    Case(_native(8), order=2, asked=("detail", "curvature")),
    Case(_native(2, "float32"), 2003, order=1),
    Case(_native(8, "float32"), asked=("best", "curvature")),
    Case(_portable(1), asked=("best",)),
    Case(_portable(3), 300, order=1),
    Case(_portable(8, "float32"), order=2, asked=("best",)),
]
NAMES = [f"{c.recipe.arithmetic}-{c.recipe.dtype}-k{c.recipe.k}-{c.features}-{c.order}-{c.asked}" for c in CASES]


def _bits(training: Training) -> dict[str, object]:
    """Returns everything of a training but where it was resumed, by its bits."""
    detail = training.trajectory.detail
    arrays = training.trajectory.arrays() | ({} if detail is None else detail.arrays())
    for epoch, snapshot in training.snapshots.items():
        arrays |= {f"{epoch}/{name}": value for name, value in snapshot.state.items()}
        arrays |= {f"{epoch} holdout": snapshot.holdout, f"{epoch} prospective": snapshot.prospective}
    figures = {"history": training.history, "best": training.best_epoch, "epochs": list(training.snapshots)}
    return figures | {name: (str(v.dtype), v.shape, v.tobytes()) for name, v in arrays.items()}


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_a_resumed_training_has_every_bit_of_the_uncut_one(case: Case) -> None:
    uncut, kept = case.uncut()
    assert list(kept) == [1, 2, 3, 4]
    for epoch in (1, 3):
        resumed = case.resumed(epoch)
        assert _bits(resumed) == _bits(uncut)
        assert resumed.resumed_at == (epoch,)
    assert uncut.resumed_at == ()


@settings(max_examples=8)
@given(epochs=st.sets(st.integers(1, EPOCHS), min_size=1), case=st.sampled_from([CASES[3], CASES[8]]))
def test_it_may_be_cut_at_any_epochs(case: Case, epochs: set[int]) -> None:
    """Each cut goes on from a checkpoint that a resumed training made."""
    content = case.uncut()[1][min(epochs)]
    for epoch in sorted(epochs)[1:]:
        taken: dict[int, bytes] = {}

        def keep(at: int, make: Callable[[], Checkpoint], taken: dict[int, bytes] = taken) -> None:
            taken[at] = to_bytes(make(), "me")

        case.train(resume=of_bytes(content, "me"), on_checkpoint=keep)
        content = taken[epoch]
    resumed = case.train(resume=of_bytes(content, "me"))
    assert _bits(resumed) == _bits(case.uncut()[0])
    assert resumed.resumed_at == tuple(sorted(epochs))


def test_a_checkpoint_does_not_change_while_its_training_goes_on() -> None:
    for case in (CASES[2], CASES[6]):
        taken: list[tuple[Checkpoint, bytes]] = []

        def keep(_: int, make: Callable[[], Checkpoint], taken: list[tuple[Checkpoint, bytes]] = taken) -> None:
            taken.append((make(), to_bytes(make(), "me")))

        case.train(on_checkpoint=keep)
        assert [to_bytes(checkpoint, "me") == content for checkpoint, content in taken] == [True] * EPOCHS


def test_both_executions_of_portable_arithmetic_go_on_from_one_anothers_checkpoints() -> None:
    from tests.training.portable.trainers import trainer

    recipe, cases = _portable(3), plain.cohort(300, 0)[0]
    for first, second in ((True, False), (False, True)):
        uncut, cut = trainer(recipe, cases, compiled=first), trainer(recipe, cases, compiled=second)
        uncut.epoch()
        cut.resume(Checkpoint(recipe, 1, uncut.carried(), {}, (), {}))
        assert cut.epoch() == uncut.epoch()
        for what, values in vars(uncut.carried()).items():
            other = getattr(cut.carried(), what)
            assert {name: value.tobytes() for name, value in values.items()} == {
                name: value.tobytes() for name, value in other.items()
            }


SMALL = CASES[8]
ADVICE = "train from the start."


def _refused(text: str, attempt: Callable[[], object]) -> None:
    with pytest.raises(StoreError) as error:
        attempt()
    assert str(error.value) == f"The checkpoint cannot be used: {text}; {ADVICE}"


@settings(max_examples=30)
@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_a_turned_bit_is_seen(place: float, bit: int) -> None:
    content = bytearray(SMALL.uncut()[1][2])
    content[int(place * len(content))] ^= 1 << bit
    _refused("its bytes are not those of its seal", lambda: of_bytes(bytes(content), "me"))


@pytest.mark.parametrize("length", [0, 1, 32, 33, 1000, -1])
def test_a_part_of_a_checkpoint_is_seen(length: int) -> None:
    content = SMALL.uncut()[1][2][:length]
    _refused("its bytes are not those of its seal", lambda: of_bytes(content, "me"))


def test_the_seal_of_other_bytes_makes_no_checkpoint() -> None:
    import hashlib

    from safetensors.numpy import save

    for content, kind in ((b"nothing", "JSONDecodeError"), (save({"a": np.ones(2)}), "KeyError")):
        sealed = hashlib.sha256(content).digest() + content
        _refused(f"its bytes are those of no checkpoint ({kind})", functools.partial(of_bytes, sealed, "me"))


def test_anothers_checkpoint_is_refused() -> None:
    _refused("it is of another request", lambda: of_bytes(SMALL.uncut()[1][2], "you"))


def _changed(carried: Carried, what: str, name: str, value: np.ndarray) -> Carried:
    return replace(carried, **{what: {**getattr(carried, what), name: value}})


def _spoiled(checkpoint: Checkpoint, how: str) -> Checkpoint:
    carried, recorded = checkpoint.carried, checkpoint.recorded
    snapshot = checkpoint.snapshots[2]
    bias = carried.parameters["0.bias"]
    spoiled: dict[str, Callable[[], Checkpoint]] = {
        "it is of another recipe (epochs is 5, not 4)": lambda: replace(
            checkpoint, recipe=replace(checkpoint.recipe, epochs=5)
        ),
        "it is of epoch 5, but the recipe has epochs 1 to 4": lambda: replace(checkpoint, epoch=5),
        "its history is not that of 2 epochs": lambda: replace(checkpoint, history=checkpoint.history[:1]),
        "its moments are those of another network": lambda: replace(checkpoint, carried=replace(carried, moments={})),
        "its parameters of 0.bias are of another shape or type": lambda: replace(
            checkpoint, carried=_changed(carried, "parameters", "0.bias", bias[:-1])
        ),
        "its norms of 0.bias are not finite": lambda: replace(
            checkpoint, carried=_changed(carried, "norms", "0.bias", bias * np.nan)
        ),
        "its parameters are not those of its last step": lambda: replace(
            checkpoint, carried=_changed(carried, "parameters", "0.bias", np.nextafter(bias, bias + 1))
        ),
        "its record of steps is another than what is asked for": lambda: replace(checkpoint, recorded={}),
        "losses are of another shape": lambda: replace(
            checkpoint, recorded={**recorded, "losses": recorded["losses"][:-1]}
        ),
        "losses are not finite": lambda: replace(
            checkpoint, recorded={**recorded, "losses": recorded["losses"] * np.inf}
        ),
        "its snapshots are of other epochs than those to keep": lambda: replace(checkpoint, snapshots={}),
        "its holdout scores at epoch 2 are not finite": lambda: replace(
            checkpoint,
            snapshots={**checkpoint.snapshots, 2: replace(snapshot, holdout=snapshot.holdout * np.nan)},
        ),
        "its parameters at epoch 2 are those of another network": lambda: replace(
            checkpoint, snapshots={**checkpoint.snapshots, 2: replace(snapshot, state={})}
        ),
    }
    return spoiled[how]()


@pytest.mark.parametrize(
    "how",
    [
        "it is of another recipe (epochs is 5, not 4)",
        "it is of epoch 5, but the recipe has epochs 1 to 4",
        "its history is not that of 2 epochs",
        "its moments are those of another network",
        "its parameters of 0.bias are of another shape or type",
        "its norms of 0.bias are not finite",
        "its parameters are not those of its last step",
        "its record of steps is another than what is asked for",
        "losses are of another shape",
        "losses are not finite",
        "its snapshots are of other epochs than those to keep",
        "its holdout scores at epoch 2 are not finite",
        "its parameters at epoch 2 are those of another network",
    ],
)
def test_a_checkpoint_that_does_not_fit_is_refused(how: str) -> None:
    checkpoint = of_bytes(SMALL.uncut()[1][2], "me")
    assert SMALL.train(resume=checkpoint).best_epoch == SMALL.uncut()[0].best_epoch
    _refused(how, lambda: SMALL.train(resume=_spoiled(checkpoint, how)))


def test_nothing_is_copied_unless_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    from longcon.training.chronicle import Chronicle

    monkeypatch.setattr(Chronicle, "checkpoint", lambda *_: pytest.fail("a checkpoint was made"))
    epochs: list[int] = []
    SMALL.train(on_checkpoint=lambda epoch, _: epochs.append(epoch))
    assert epochs == [1, 2, 3, 4]
