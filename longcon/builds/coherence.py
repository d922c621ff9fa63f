"""Coherence: whether what a build says of itself follows from its parameters, its recipe and the data.

The digests of a manifest tell that no byte has changed since it was sealed. They do not tell that the scores in it were
made by the parameters beside them. That is computed here, from the parameters, without the code that trained.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from longcon.builds.build import Build
from longcon.errors import StoreError
from longcon.problems import ProblemData
from longcon.training import Ordering, Recipe, State, initial_state, minibatch_cases, network
from longcon.training.digest import Digest
from longcon.training.layout import FIRST, Layout
from longcon.training.network import with_state

# Scores computed again round otherwise, in another order or on another device; in units of the root of the epsilon.
_SLACK = 16


def require_coherent(build: Build, data: ProblemData, released: int) -> None:
    """Checks that a build's scores, history and trajectory are those of its parameters, and these its recipe's.

    The parameters of two epochs are looked at: the initial ones, which the recipe's seed gives, and the released ones,
    on which every call rests.

    Args:
        build: its manifest already verified.
        data: what it says that it was trained on.
        released: the released epoch.

    Raises:
        StoreError: something does not follow, or the bytes are not those of the manifest.
    """
    fault = next(_faults(build, data, released), None)
    if fault is not None:
        raise StoreError(
            f"Build {build.folder.name} ({build.title}) contradicts itself: {fault}; "
            "restore it from a copy, or delete it or give --fresh to retrain."
        )


def _faults(build: Build, data: ProblemData, released: int) -> Iterator[str]:
    recipe = Recipe.of_json(build.request["recipe"])
    yield from _of_the_history(build, recipe)
    for epoch in {0, released} & set(build.epochs):
        yield from _of_the_shapes(build, data, recipe, epoch)
    if 0 in build.epochs:
        yield from _of_the_start(build, data, recipe)
    if released in build.epochs:
        yield from _of_the_scores(build, data, recipe, released)
        yield from _of_the_trajectory(build, data, recipe, released)


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


def _of_the_shapes(build: Build, data: ProblemData, recipe: Recipe, epoch: int) -> Iterator[str]:
    empty = network(data.features, recipe.widths, len(data.classes), getattr(torch, recipe.dtype)).state_dict()
    asked = {name: (tuple(value.shape), recipe.dtype) for name, value in empty.items()}
    found = {name: (value.shape, value.dtype.name) for name, value in build.state(epoch).items()}
    if found != asked:
        yield f"its parameters at epoch {epoch} are not those of its recipe's network in name, shape and type"


def _of_the_start(build: Build, data: ProblemData, recipe: Recipe) -> Iterator[str]:
    state = build.state(0)
    drawn = initial_state(data.features, recipe.widths, len(data.classes), recipe.seed, recipe.dtype)
    for name, values in drawn.items():
        if name not in state or values.tobytes() != state[name].tobytes():
            yield f"its initial {name} is not what seed {recipe.seed} of its recipe gives"
            return
    first = list(minibatch_cases(0, len(data.training), recipe))
    outputs = _outputs(state, data, recipe, data.training[first])
    loss = float(nn.functional.cross_entropy(outputs, torch.from_numpy(data.training_labels[first])))
    said = float(build.trajectory().losses[0])
    if not abs(loss - said) <= _slack(recipe) * max(1.0, loss):
        named = ", ".join(data.training_cases[case] for case in first)
        yield (
            f"the loss of its first minibatch is {said:.6g}, but cases {named}"
            f" give {loss:.6g}, so it was trained on other cases or in another order"
        )


def _of_the_scores(build: Build, data: ProblemData, recipe: Recipe, epoch: int) -> Iterator[str]:
    state = build.state(epoch)
    parts = {"holdout": (data.holdout, data.holdout_cases), "prospective": (data.prospective, data.prospective_cases)}
    for cohort, (values, cases) in parts.items():
        said = build.scores(epoch, cohort)
        found = torch.softmax(_outputs(state, data, recipe, values), dim=1).numpy()
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
    error = float((build.scores(epoch, "holdout").argmax(axis=1) != data.holdout_labels).mean())
    told = build.manifest["history"][epoch - 1]["holdout_error"]
    if epoch and error != told:
        yield f"its history says a hold-out error of {told:.4f} at epoch {epoch}, but its scores make {error:.4f}"


def _of_the_trajectory(build: Build, data: ProblemData, recipe: Recipe, epoch: int) -> Iterator[str]:
    trajectory = build.trajectory()
    digest = _digest(build.state(epoch), data, recipe)
    if trajectory.digests[epoch * (trajectory.steps // recipe.epochs)] != digest:
        yield f"its trajectory passes through other parameters at epoch {epoch} than it keeps"


def _outputs(state: State, data: ProblemData, recipe: Recipe, values: NDArray[np.float64]) -> Tensor:
    """Returns the network's logits in float64, whatever precision trained it."""
    empty = network(data.features, recipe.widths, len(data.classes), torch.float64)
    tensors = {name: torch.from_numpy(value).double() for name, value in state.items()}
    with torch.no_grad():
        # The measurements in the precision that the training saw.
        inputs = torch.from_numpy(values.astype(recipe.dtype, copy=False)).double()
        outputs: Tensor = with_state(empty, tensors, torch.device("cpu"))(inputs)
        return outputs


def _digest(state: State, data: ProblemData, recipe: Recipe) -> np.uint64:
    shapes = network(data.features, recipe.widths, len(data.classes), torch.float64).state_dict()
    tensors = {name: torch.from_numpy(state[name]) for name in shapes}
    cpu = torch.device("cpu")
    digest = Digest(Layout.of(tensors, Ordering.identity(data.features, recipe.widths)), cpu)
    others = torch.cat([value.reshape(-1) for name, value in tensors.items() if name != FIRST])
    return np.uint64(digest.of(digest.rows_of(tensors[FIRST]), others).numpy().view(np.uint64))


def _slack(recipe: Recipe) -> float:
    return _SLACK * float(np.sqrt(np.finfo(recipe.dtype).eps))


def _call(scores: NDArray[np.floating], data: ProblemData) -> str:
    return f"{data.classes[int(scores.argmax())]} {scores.max():.4f}"
