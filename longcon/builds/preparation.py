"""What stands before the first build: the problem loaded, its data read, its parts tried once on each recipe."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from longcon.devices import Device
from longcon.errors import DeviceError, ProblemError
from longcon.problems import LoadedProblem, ProblemData, ProblemSource, Progress, Trial, data_of, tried
from longcon.protocol import Problem
from longcon.training import Recipe

# What a problem may take, by the flag that gives it and the key that holds it.
_OPTIONS = {
    "features": ("--features", "features"),
    "folder": ("--data", "data"),
    "seed": ("--cohort-seed", "cohort_seed"),
}


@dataclass(frozen=True)
class Prepared:
    """A problem that builds can be trained of.

    Attributes:
        problem: as it was tried.
        data: that builds are trained on.
        recipes: with the widths of the problem's model.
        devices: without the order surrogates that nobody asked for and that do not apply.
        method: model, loss, optimiser and source in words.
        no_order: what keeps order surrogates from applying, to be read after "the model"; None if nothing does.
    """

    problem: LoadedProblem
    data: ProblemData
    recipes: tuple[Recipe, ...]
    devices: tuple[Device, ...]
    method: Mapping[str, str]
    no_order: str | None


def load_problem(section: Problem, workspace: Path, path: str) -> LoadedProblem:
    """Returns the problem that a protocol names.

    Args:
        section: of the protocol.
        workspace: folder for what the problem keeps from run to run.
        path: where a module is looked for last.

    Raises:
        ProblemError: it cannot be loaded, or an option was given that it does not take.
    """
    values = {
        "features": section.features,
        "folder": str(section.data) if section.data is not None else None,
        "seed": section.cohort_seed,
    }
    # What nobody gave is left to the problem's own default, where it has one.
    given = {name: value for name, value in values.items() if getattr(section, _OPTIONS[name][1]) != _default(name)}
    loaded = ProblemSource(section.name, {**given, "workspace": str(workspace)}, path, values).load()
    for name, (flag, key) in _OPTIONS.items():
        said = getattr(section, key)
        if name not in loaded.takes and said != _default(name):
            raise ProblemError(
                f"{flag} is {said}, but problem {loaded.problem.name} takes no '{name}': leave it out, or give its "
                f"maker a parameter of that name."
            )
    return loaded


def prepared(
    loaded: LoadedProblem,
    recipes: Sequence[Recipe],
    devices: Sequence[Device],
    progress: Progress,
    *,
    source: str | None,
    surrogates_by_device: bool,
) -> Prepared:
    """Returns a problem as it was tried, its data, and recipes and devices as they stand once it is known what trains.

    Args:
        loaded: the problem.
        recipes: that it will be trained by.
        devices: that will train it.
        progress: told how much of the data has been read.
        source: SHA-256 that the problem's code must have; None for any.
        surrogates_by_device: whether nobody said which surrogates, so that those that do not apply are left out.

    Raises:
        ProblemError: a part of the problem cannot be used, or its code is not that which was agreed on.
        CohortError: its data cannot be used.
        RecipeError: a minibatch is larger than the training split, or the arithmetic has no form of a part.
        DeviceError: an order surrogate was asked for, and the model has no order to permute.
    """
    found = str(loaded.identity["source"])
    require_source(source, found)
    data = data_of(loaded.problem, progress)
    for recipe in recipes:
        recipe.fits(len(data.training))
    trials = [tried(loaded.problem, data, recipe) for recipe in recipes]
    return Prepared(
        replace(loaded, tried={**trials[0].description, "start": trials[0].start}),
        data,
        tuple(replace(recipe, widths=trial.widths) for recipe, trial in zip(recipes, trials, strict=True)),
        _with_orders_that_apply(devices, trials[0], surrogates_by_device=surrogates_by_device),
        {**trials[0].description, "source": f"SHA-256 {found}"},
        trials[0].why_no_order,
    )


def require_source(agreed: str | None, found: str) -> None:
    """Checks that the code of a problem is that which was agreed on.

    Raises:
        ProblemError: it is not.
    """
    if agreed is not None and agreed != found:
        raise ProblemError(
            f"The problem's source has the SHA-256 {found}, but the protocol says {agreed}: restore the code "
            "that was agreed on, or have the new digest approved."
        )


def _default(name: str) -> object:
    return getattr(Problem(), _OPTIONS[name][1])


def _with_orders_that_apply(
    devices: Sequence[Device], trial: Trial, *, surrogates_by_device: bool
) -> tuple[Device, ...]:
    if trial.why_no_order is None:
        return tuple(devices)
    reordered = [device for device in devices if device.surrogate is not None and device.surrogate.reorders]
    if reordered and not surrogates_by_device:
        assert reordered[0].surrogate
        raise DeviceError(
            f"Surrogate '{reordered[0].surrogate.name}' permutes the features and units of a chain of fully connected "
            f"layers, but the model {trial.why_no_order}: leave it out."
        )
    return tuple(device for device in devices if device not in reordered)
