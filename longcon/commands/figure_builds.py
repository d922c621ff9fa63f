"""The builds that Figures 1 and 2 are drawn from: taken from the store, or trained."""

from __future__ import annotations

import argparse
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from longcon.builds import Build, BuildEvent, Campaign, Plan, Store
from longcon.builds.request import title_of
from longcon.commands.parser import UsageError
from longcon.devices import Device
from longcon.problems import ProblemData
from longcon.training import Precision, Recipe

# What a residual costs, in updates of the same build. With one case the Hessian is small enough for a dense solver.
_RESIDUAL, _RESIDUAL_OF_ONE_CASE = 50, 20


@dataclass(frozen=True)
class Group:
    """Recipes that differ in k alone, and whether the surrogate device trains them too.

    Attributes:
        dtype: of the recipes.
        ks: one for each recipe.
        followed: whether Figure 2 follows them; Figure 1 needs the original build alone.
    """

    dtype: Precision
    ks: tuple[int, ...]
    followed: bool


# The paper's Figure 1 has k = 1, 2, 4, 8 in float64. The longest trainings come first.
GROUPS = (Group("float64", (1, 2), True), Group("float32", (1, 8), True), Group("float64", (4, 8), False))


@dataclass(frozen=True)
class Trained:
    """The builds of one recipe.

    Attributes:
        original: on the original device.
        rebuild: on the surrogate; None where the figures need none.
    """

    original: Build
    rebuild: Build | None


def work(options: argparse.Namespace, devices: Sequence[Device], training_cases: int) -> dict[str, float]:
    """Returns what each build costs, by title, in updates."""
    costs = {}
    for group in GROUPS:
        for recipe in _recipes(group, options):
            updates = -(-training_cases // recipe.k) * recipe.epochs
            every = options.curvature_every if group.followed else 0
            for device in devices[: 1 + group.followed]:
                title = title_of({"recipe": recipe.as_json(), "device": device.name, "replicate": 1, "problem": {}})
                residuals = updates / every if every and device == devices[0] else 0
                costs[title] = updates + residuals * (_RESIDUAL if recipe.k > 1 else _RESIDUAL_OF_ONE_CASE)
    return costs


def obtain(
    options: argparse.Namespace,
    devices: tuple[Device, Device],
    data: ProblemData,
    on_event: Callable[[BuildEvent], None],
) -> dict[tuple[str, int], Trained]:
    """Returns the builds of every recipe, by precision and k.

    Args:
        options: of the command.
        devices: the original's and the surrogate.
        data: what builds are trained on.
        on_event: told of progress, from any thread.

    Raises:
        UsageError: the surrogate changes nothing on this machine.
        BuildError: a training failed.
        StoreError: the store cannot be written, or a build was altered.
    """
    for group in GROUPS:
        for recipe in _recipes(group, options):
            recipe.fits(len(data.training))
    found: dict[tuple[str, int], Trained] = {}
    # Side by side where there are processors for it: k = 1 in either precision takes longer than all the rest.
    rounds = [[group] for group in GROUPS]
    if options.jobs > 1:
        rounds = [[group for group in GROUPS if group.followed == followed] for followed in (True, False)]
    for groups in rounds:
        jobs = max(1, options.jobs // len(groups))
        with _campaigns([_plan(group, options, devices, jobs) for group in groups], options, data, on_event) as begun:
            for group, campaign in zip(groups, begun, strict=True):
                _refuse_an_ineffective_surrogate(group, campaign)
            for group, campaign in zip(groups, begun, strict=True):
                for k in group.ks:
                    builds = [campaign.build(device, k, 1) for device in campaign.plan.devices]
                    found[group.dtype, k] = Trained(builds[0], builds[1] if group.followed else None)
    return found


def _recipes(group: Group, options: argparse.Namespace) -> tuple[Recipe, ...]:
    return tuple(Recipe(k=k, dtype=group.dtype, epochs=options.epochs, seed=options.seed) for k in group.ks)


def _plan(group: Group, options: argparse.Namespace, devices: tuple[Device, Device], jobs: int) -> Plan:
    return Plan(
        devices[: 1 + group.followed],
        _recipes(group, options),
        "best",
        jobs,
        options.fresh,
        curvature_every=options.curvature_every if group.followed else 0,
        replicates=(1,),
    )


@contextmanager
def _campaigns(
    plans: Sequence[Plan], options: argparse.Namespace, data: ProblemData, on_event: Callable[[BuildEvent], None]
) -> Iterator[list[Campaign]]:
    # A run keeps one fingerprint for each device, taken in the shapes of one campaign: each campaign is its own run.
    begun = [Campaign(plan, Store(options.store, uuid.uuid4().hex), data, on_event) for plan in plans]
    try:
        for campaign in begun:
            campaign.start()
        yield begun
    finally:
        for campaign in begun:
            campaign.close()


def _refuse_an_ineffective_surrogate(group: Group, campaign: Campaign) -> None:
    if not group.followed:
        return
    original, surrogate = campaign.plan.devices
    for k in group.ks:
        classes = {campaign.fingerprint(device, k)["numeric_class"] for device in (original, surrogate)}
        if len(classes) == 1:
            raise UsageError(
                f"{surrogate.name} changes no bit of the arithmetic of {original.name} on this machine (k = {k}, "
                f"{group.dtype}), so Figure 2 would compare a device with itself: give another surrogate, such as "
                "--surrogate=order:1."
            )
