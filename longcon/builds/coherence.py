"""Coherence: whether what a build says of itself follows from its parameters, its recipe and the data.

The digests of a manifest tell that no byte has changed since it was sealed. They do not tell that the scores in it were
made by the parameters beside them. That is computed here, from the parameters, without the code that trained.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from longcon.builds.build import Build
from longcon.builds.command_build import faults_of_command_build
from longcon.errors import StoreError
from longcon.problems import ProblemData
from longcon.training import (
    Method,
    PaperMethod,
    Recipe,
    State,
    loss_of,
    minibatch_cases,
    natural_ordering,
    parameters_of,
    started,
    state_of,
    take_state,
    trained_parameters,
)
from longcon.training.chronicle import holdout_loss
from longcon.training.digest import Digest
from longcon.training.host_draws import HostDraws
from longcon.training.layout import Layout, first_of, wide
from longcon.training.minibatches import minibatches

# Scores computed again round otherwise, in another order or on another device; in units of the root of the epsilon.
_SLACK = 16
# What the same code makes of the same scores: another machine's logarithm is all that may differ.
_SAME = 1e-12


def require_coherent(build: Build, data: ProblemData, released: int, method: Method | None = None) -> None:
    """Checks that a build's scores, history and trajectory are those of its parameters, and these its recipe's.

    The parameters of two epochs are looked at: the initial ones, which the recipe's seed gives, and the released ones,
    on which every call rests.

    Args:
        build: its manifest already verified.
        data: what it says that it was trained on.
        released: the released epoch.
        method: that trained it; the paper's when None. What a command trained has none and cannot be computed again.

    Raises:
        StoreError: something does not follow, or the bytes are not those of the manifest.
    """
    of_command = "command" in build.request["problem"]
    faults = (
        faults_of_command_build(build, data) if of_command else _faults(build, data, released, method or PaperMethod())
    )
    fault = next(chain(_of_the_roster(build, data), faults), None)
    if fault is not None:
        raise StoreError(
            f"Build {build.folder.name} ({build.title}) contradicts itself: {fault}; "
            "restore it from a copy, or delete it or give --fresh to retrain."
        )


def _of_the_roster(build: Build, data: ProblemData) -> Iterator[str]:
    if build.roster().serialised() != data.roster.serialised():
        yield "its list of cases, classes or hold-out labels is not that of the data"


def _faults(build: Build, data: ProblemData, released: int, method: Method) -> Iterator[str]:
    recipe = Recipe.of_json(build.request["recipe"])
    start = started(method, data.features, len(data.classes), recipe)
    yield from _of_the_history(build, recipe)
    yield from _of_the_losses(build, data, recipe)
    for epoch in sorted({0, released} & set(build.epochs)):
        yield from _of_the_shapes(build, start, epoch)
    if 0 in build.epochs:
        yield from _of_the_start(build, data, recipe, start, method)
    if released in build.epochs:
        yield from _of_the_scores(build, data, recipe, start, released)
        yield from _of_the_trajectory(build, data, recipe, start, released)


def _of_the_history(build: Build, recipe: Recipe) -> Iterator[str]:
    history = build.manifest["history"]
    errors = [entry["holdout_error"] for entry in history]
    if [entry["epoch"] for entry in history] != list(range(1, recipe.epochs + 1)):
        yield f"its history is not that of {recipe.epochs} epochs"
    elif build.best_epoch != 1 + errors.index(min(errors)):
        yield (
            f"its best epoch is {build.best_epoch}, but the least hold-out error of its history is that of epoch "
            f"{1 + errors.index(min(errors))}"
        )


def _of_the_losses(build: Build, data: ProblemData, recipe: Recipe) -> Iterator[str]:
    sizes = [batch.stop - batch.start for batch in minibatches(len(data.training), recipe.k)]
    losses = build.trajectory().losses
    if len(losses) != recipe.epochs * len(sizes):
        yield f"its trajectory has {len(losses)} steps, but its recipe makes {recipe.epochs * len(sizes)} of the data"
        return
    means = losses.reshape(recipe.epochs, -1) @ np.array(sizes) / sum(sizes)
    for entry, mean in zip(build.manifest["history"], means.tolist(), strict=True):
        epoch, told = entry["epoch"], entry["training_loss"]
        if not abs(told - mean) <= _slack(recipe) * max(1.0, abs(mean)):
            yield f"its history says a training loss of {told:.6g} at epoch {epoch}, but its steps make {mean:.6g}"
            return


def _of_the_shapes(build: Build, start: nn.Module, epoch: int) -> Iterator[str]:
    asked = {name: (value.shape, value.dtype.name) for name, value in state_of(start).items()}
    found = {name: (value.shape, value.dtype.name) for name, value in build.state(epoch).items()}
    if found != asked:
        yield f"its parameters at epoch {epoch} are not those of its recipe's network in name, shape and type"


def _of_the_start(build: Build, data: ProblemData, recipe: Recipe, start: nn.Module, method: Method) -> Iterator[str]:
    state = build.state(0)
    for name, values in state_of(start).items():
        if not _starts_alike(values, state[name], build, recipe, method):
            yield f"its initial {name} is not what seed {recipe.seed} of its recipe gives"
            return
    first = list(minibatch_cases(0, len(data.training), recipe))
    model = _in_double(start, state).train()
    with torch.no_grad(), HostDraws(recipe.seed, "step 0"):
        outputs = model(_seen(data.training[first], recipe))
        labels = torch.from_numpy(data.training_labels[first])
        loss = float(loss_of(method, replace(recipe, dtype="float64"), labels.device)(outputs, labels))
    said = float(build.trajectory().losses[0])
    if not abs(loss - said) <= _slack(recipe) * max(1.0, loss):
        named = ", ".join(data.training_cases[case] for case in first)
        yield (
            f"the loss of its first minibatch is {said:.6g}, but cases {named}"
            f" give {loss:.6g}, so it was trained on other cases or in another order"
        )


def _starts_alike(
    drawn: NDArray[np.generic], said: NDArray[np.generic], build: Build, recipe: Recipe, method: Method
) -> bool:
    """Whether initial values are those that the seed gives.

    The paper's are drawn on the host to the bit. Another model may compute its own by a library that rounds as its
    device does, or draw them where longcon does not see it; of rebuilds LC-OQ-01 then tells that.
    """
    if drawn.tobytes() == said.tobytes():
        return True
    if isinstance(method, PaperMethod) and type(method).model is PaperMethod.model:
        return False
    return "+" in build.device or bool(np.allclose(drawn, said, rtol=0, atol=_slack(recipe)))


def _of_the_scores(build: Build, data: ProblemData, recipe: Recipe, start: nn.Module, epoch: int) -> Iterator[str]:
    model = _in_double(start, build.state(epoch)).eval()
    parts = {"holdout": (data.holdout, data.holdout_cases), "prospective": (data.prospective, data.prospective_cases)}
    for cohort, (values, cases) in parts.items():
        said = build.scores(epoch, cohort)
        # What a model draws where it is used, it draws as it did in training.
        with torch.no_grad(), HostDraws(recipe.seed, "scores"):
            found = torch.softmax(model(_seen(values, recipe)), dim=1).numpy()
        if said.shape != found.shape:
            yield f"its {cohort} scores have shape {said.shape}, but {found.shape} belong to the data"
            return
        # Written so that NaN, of which every comparison is false, is apart too.
        apart = ~(np.abs(said - found) <= _slack(recipe)).all(axis=1)
        if apart.any():
            first = int(np.argmax(apart))
            yield (
                f"its {cohort} scores at epoch {epoch} are not those of its parameters on {int(apart.sum())} of "
                f"{len(cases)} cases, first on {cases[first]} ({_call(said[first], data)}, not "
                f"{_call(found[first], data)})"
            )
            return
    if epoch:
        yield from _of_the_holdout(build, data, epoch)


def _of_the_holdout(build: Build, data: ProblemData, epoch: int) -> Iterator[str]:
    told, said = build.manifest["history"][epoch - 1], build.scores(epoch, "holdout")
    error = float((said.argmax(axis=1) != data.holdout_labels).mean())
    if error != told["holdout_error"]:
        yield (
            f"its history says a hold-out error of {told['holdout_error']:.4f} at epoch {epoch}, but its scores make "
            f"{error:.4f}"
        )
    loss = holdout_loss(said, data.holdout_labels)
    if not abs(loss - told["holdout_loss"]) <= _SAME * max(1.0, loss):
        yield (
            f"its history says a hold-out loss of {told['holdout_loss']:.6g} at epoch {epoch}, but its scores make "
            f"{loss:.6g}"
        )


def _of_the_trajectory(build: Build, data: ProblemData, recipe: Recipe, start: nn.Module, epoch: int) -> Iterator[str]:
    trajectory = build.trajectory()
    digest = _digest(build.state(epoch), start, data)
    if trajectory.digests[epoch * (trajectory.steps // recipe.epochs)] != digest:
        yield f"its trajectory passes through other parameters at epoch {epoch} than it keeps"


def _in_double(start: nn.Module, state: State) -> nn.Module:
    """Returns a model with the values of a state, in float64, whatever precision trained it."""
    model = copy.deepcopy(start)
    take_state(model, state)
    return model.double()


def _seen(values: NDArray[np.float64], recipe: Recipe) -> Tensor:
    """Returns measurements in the precision that the training saw, widened."""
    return torch.from_numpy(values.astype(recipe.dtype, copy=False)).double()


def _digest(state: State, start: nn.Module, data: ProblemData) -> np.uint64:
    tensors = {name: torch.from_numpy(parameters_of(state)[name]) for name in trained_parameters(start)}
    ordering = natural_ordering(start, data.features)
    first = first_of(tensors, ordering)
    digest = Digest(Layout.of(tensors, ordering), torch.device("cpu"))
    others = [value.reshape(-1) for name, value in tensors.items() if name != first]
    rows = digest.rows_of(wide(tensors[first]))
    return np.uint64(digest.of(rows, torch.cat([rows.new_empty(0).double(), *others])).numpy().view(np.uint64))


def _slack(recipe: Recipe) -> float:
    return _SLACK * float(np.sqrt(np.finfo(recipe.dtype).eps))


def _call(scores: NDArray[np.floating], data: ProblemData) -> str:
    return f"{data.classes[int(scores.argmax())]} {scores.max():.4f}"
