"""A trial: the parts of a problem, each used once on its own data, before any build is trained."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor, nn

from longcon.errors import ProblemError
from longcon.problems.method_soundness import (
    in_words,
    require_closure_called,
    require_epsilon,
    require_loss,
    require_model,
    require_optimiser,
    require_outputs,
    require_portable,
    require_resumable,
)
from longcon.problems.problem import Problem, ProblemData, Progress
from longcon.problems.user_code import saying_where
from longcon.training import BUFFERS, Recipe, chain_of, described, loss_of, started, state_of, why_no_chain
from longcon.training.host_draws import HostDraws
from longcon.training.ways import way_to_train


@dataclass(frozen=True)
class Trial:
    """What a trial of a problem showed.

    Attributes:
        widths: units of the hidden layers of a chain; the recipe's for any other model.
        why_no_order: what keeps order surrogates from applying, to be read after "the model"; None if nothing does.
        description: model, loss and optimiser in words.
        start: SHA-256 of the initial state.
    """

    widths: tuple[int, ...]
    why_no_order: str | None
    description: dict[str, str]
    start: str


def data_of(problem: Problem, progress: Progress) -> ProblemData:
    """Returns a problem's data.

    Raises:
        ProblemError: data() raises, or returns something else.
        CohortError: the data cannot be used.
    """
    with saying_where(f"data() of problem {problem.name}"):
        data = problem.data(progress)
    if not isinstance(data, ProblemData):
        raise ProblemError(
            f"data() of problem {problem.name} returned {in_words(data)}: return a longcon.problems.ProblemData."
        )
    return data


def tried(problem: Problem, data: ProblemData, recipe: Recipe) -> Trial:
    """Uses model, loss and optimiser on the first minibatches, and returns what can be said of them.

    Raises:
        ProblemError: a part raises, or returns what no training can use.
        RecipeError: the recipe's arithmetic has no form of a part.
    """
    name, shape = problem.name, (data.features, len(data.classes))
    with saying_where(f"model() of problem {name}"):
        model = problem.model(*shape, recipe)
    require_model(model, name)
    require_epsilon(model, name, recipe)
    model = _started_alike(problem, shape, recipe)
    stages = chain_of(model)
    widths = recipe.widths if stages is None else tuple(stage.units for stage in stages[:-1])
    _require_same_by_widths(problem, model, shape, replace(recipe, widths=widths), recipe)
    with saying_where(f"loss() and optimiser() of problem {name}"):
        way_to_train(problem, model, recipe, None)
        if recipe.arithmetic == "portable":
            require_portable(model)
        description = described(problem, *shape, recipe)
    start = _digest(model)
    _try_step(problem, model, data, recipe)
    return Trial(widths, why_no_chain(model), description, start)


def _started_alike(problem: Problem, shape: tuple[int, int], recipe: Recipe) -> nn.Module:
    """Returns a model at its initial values; another one starts alike, and none is trained through another."""
    name = problem.name
    with saying_where(f"model() of problem {name}"):
        model, other = started(problem, *shape, recipe), started(problem, *shape, recipe)
    places = {value.data_ptr() for value in _tensors(other).values() if value.numel()}
    shared = next((key for key, value in _tensors(model).items() if value.data_ptr() in places), None)
    if shared is not None:
        raise ProblemError(
            f"model() of problem {name} made two models that share {shared}, so that one trains the other: "
            "make every tensor anew in each call."
        )
    differing = _difference(model, other)
    if differing is not None:
        raise ProblemError(
            f"model() of problem {name} made two models that differ in {differing}: draw initial values by PyTorch's "
            "own functions, which longcon seeds, or by a generator that model() itself seeds."
        )
    for key, value in state_of(model).items():
        # A buffer may hold an infinity, as a mask does.
        if not key.startswith(BUFFERS) and not np.isfinite(value).all():
            raise ProblemError(f"{key} of problem {name} starts with a value that is not finite: initialise it.")
    return model


def _require_same_by_widths(
    problem: Problem, model: nn.Module, shape: tuple[int, int], found: Recipe, recipe: Recipe
) -> None:
    """Checks that a model stays what it is when the recipe is given the widths that were found in it."""
    if found == recipe:
        return
    with saying_where(f"model() of problem {problem.name}, with widths={found.widths} in its recipe,"):
        other = started(problem, *shape, found)
    differing = _difference(model, other)
    if differing is not None:
        raise ProblemError(
            f"model() of problem {problem.name} made a model of other {differing} when the recipe had the widths of "
            "its own hidden layers: do not compute with recipe.widths."
        )


def _difference(model: nn.Module, other: nn.Module) -> str | None:
    """Returns the name of the first entry in which two states differ; None if none does."""
    first, second = state_of(model), state_of(other)
    for key in first | second:
        if key not in first or key not in second or first[key].shape != second[key].shape:
            return key
        if first[key].tobytes() != second[key].tobytes():
            return key
    return None


def _digest(model: nn.Module) -> str:
    digest = hashlib.sha256()
    for name, value in state_of(model).items():
        digest.update(f"{name} {value.dtype} {value.shape}".encode() + value.tobytes())
    return digest.hexdigest()


def _tensors(model: nn.Module) -> dict[str, Tensor]:
    """Returns what a model keeps in memory of its own; what is sparse, as a graph may be, has no one place there."""
    held = {**dict(model.named_parameters()), **dict(model.named_buffers())}
    return {name: value for name, value in held.items() if value.layout == torch.strided}


def _try_step(problem: Problem, model: nn.Module, data: ProblemData, recipe: Recipe) -> None:
    name, dtype = problem.name, getattr(torch, recipe.dtype)
    parameters = [value for value in model.parameters() if value.requires_grad]
    with saying_where(f"loss() and optimiser() of problem {name}"):
        optimiser, loss = problem.optimiser(parameters, recipe), loss_of(problem, recipe, torch.device("cpu"))
    require_optimiser(optimiser, model, name)
    for cases in sorted({recipe.k, len(data.training) % recipe.k or recipe.k}, reverse=True):
        inputs = torch.from_numpy(data.training[:cases]).to(dtype)
        labels = torch.from_numpy(data.training_labels[:cases])
        with saying_where(f"A training step of problem {name} on a minibatch of {cases}"):
            optimiser.zero_grad()
            with HostDraws(recipe.seed, "trial"):
                outputs = model(inputs)
            require_outputs(outputs, cases, data, dtype, name)
            with HostDraws(recipe.seed, "trial of the loss"):
                value = loss(outputs, labels)
            require_loss(value, name)
            value.backward()  # type: ignore[no-untyped-call]
            asked: list[bool] = []
            optimiser.step(lambda value=value, asked=asked: asked.append(True) or value)  # type: ignore[misc]
        require_closure_called(optimiser, asked, name)
    require_resumable(optimiser, name)
    with saying_where(f"The model of problem {name}, in evaluation mode,"), torch.no_grad():
        model.eval()
        scored = model(torch.from_numpy(data.holdout).to(dtype))
    require_outputs(scored, len(data.holdout), data, dtype, name)
