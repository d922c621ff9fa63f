"""Tell when builds part, at which update, on which cases, and how likely a rebuild elsewhere is to part too.

It trains the original build and one build on each surrogate, keeps what happens inside every step, and compares them
pair by pair. order:1 to order:N also serve as draws of round-off, from which the probability of a divergence follows.
"""

from __future__ import annotations

import argparse
import json
import sys
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from longcon.builds import Build, Campaign, Plan, Store
from longcon.builds.request import title_of
from longcon.checks import all_builds_agree, cutoff_of
from longcon.commands.build_options import add_build_options
from longcon.commands.parser import Parser, number, whole_number
from longcon.commands.progress import Progress
from longcon.devices import parse_devices
from longcon.divergence import Pair, Study, Update, compare, study, update_at
from longcon.divergence.narrative import burden_lines, burst_lines, summary, told
from longcon.errors import CutoffError
from longcon.measures import default_sine_tolerance
from longcon.problems import GbmProblem, ProblemData
from longcon.protocol import Limits, default_residual_threshold
from longcon.training import Recipe, minibatch_cases, steps_per_epoch

_SHOWN = 5
_BURDENS_KEPT = 20
# What the curvature of one step costs, in updates: 64 singular vectors of the Hessian against one gradient.
_CURVATURE = 20


def add_options(parser: Parser) -> None:
    """Adds the command's options."""
    add = parser.add_argument
    add("--k", type=whole_number("--k", 1), action="append", metavar="K", help="cases in a minibatch; repeatable (1)")
    add("--dtype", default="float64", metavar="NAME", help="float64 or float32 (default: %(default)s)")
    add("--learning-rate", type=number("--learning-rate"), metavar="R", help="of Adamax (default: README)")
    add("--weight-decay", type=number("--weight-decay"), metavar="W", help="weight of the L2 penalty (default: README)")
    add(
        "--surrogate",
        action="append",
        metavar="NAME",
        help="isa:NAME, mkl:COMPATIBLE or order:N; repeatable (default: isa:default and mkl:COMPATIBLE)",
    )
    add(
        "--orders",
        type=whole_number("--orders", 0),
        default=4,
        metavar="N",
        help="compare with order:1 to order:N too (default: %(default)s)",
    )
    add(
        "--curvature-every",
        type=whole_number("--curvature-every", 0),
        default=1,
        metavar="N",
        help="record the original's curvature at every N-th step; 0 for none (default: %(default)s)",
    )
    add("--json", action="store_true", help="print JSON")
    add_build_options(parser)


def run(options: argparse.Namespace) -> int:
    """Trains, compares and tells."""
    surrogates = ["isa:default", "mkl:COMPATIBLE"] if options.surrogate is None else options.surrogate
    if options.orders and surrogates == ["none"]:
        surrogates = []
    orders = [f"order:{number}" for number in range(1, options.orders + 1)]
    rates = {"learning_rate": options.learning_rate, "weight_decay": options.weight_decay}
    given = {name: value for name, value in rates.items() if value is not None}
    recipes = tuple(
        Recipe(k=k, dtype=options.dtype, epochs=options.epochs, seed=options.seed, **given)
        for k in dict.fromkeys(options.k or [1])
    )
    plan = Plan(
        parse_devices(["cpu"], [*surrogates, *orders]),
        recipes,
        "best",
        options.jobs,
        options.fresh,
        detail=True,
        curvature_every=options.curvature_every,
        replicates=(1,),
    )
    store = Store(options.store, uuid.uuid4().hex)
    work: dict[str, float] = {}
    progress = Progress(work)
    problem = GbmProblem(options.features, store.root / "cohorts", options.data, options.cohort_seed)
    data = problem.data(progress.reading)
    for recipe in recipes:
        recipe.fits(len(data.training))
        work.update(_work(plan, recipe, len(data.training)))
    campaign = Campaign(plan, store, data, progress.building)
    try:
        found = [_compared(campaign, recipe, data) for recipe in recipes]
    finally:
        campaign.close()
    progress.done()
    if options.json:
        sys.stdout.write(json.dumps([part["json"] for part in found], indent=1, allow_nan=False) + "\n")
    else:
        sys.stdout.write("\n\n".join("\n".join(part["lines"]) for part in found) + "\n")
    return 0


def _work(plan: Plan, recipe: Recipe, cases: int) -> dict[str, float]:
    """Returns what each build of a recipe costs, by title, in updates."""
    updates = recipe.epochs * steps_per_epoch(cases, recipe.k)
    work = {}
    for device in plan.devices:
        title = title_of({"recipe": recipe.as_json(), "device": device.name, "replicate": 1, "problem": {}})
        curved = plan.curvature_every and device == plan.devices[0]
        work[title] = updates * (1 + (_CURVATURE / plan.curvature_every if curved else 0))
    return work


def _compared(campaign: Campaign, recipe: Recipe, data: ProblemData) -> dict[str, Any]:
    tolerance, threshold = default_sine_tolerance(recipe.dtype), default_residual_threshold(recipe.dtype)
    original = campaign.build(campaign.original_device, recipe.k, 1)
    rebuilds = [campaign.build(device, recipe.k, 1) for device in campaign.plan.devices[1:]]
    lines = [f"{original.title}: released epoch {original.best_epoch} of {recipe.epochs}"]
    pairs = []
    for pair in (compare(original, build, tolerance) for build in rebuilds):
        # Where probes agree and builds part all the same, the difference is real.
        if pair.first_difference is None and pair.rebuild.numeric_class == original.numeric_class:
            lines.append(f"{pair.rebuild.device} changes no bit of the arithmetic here, so it is left out")
        else:
            pairs.append(pair)
    seen = [None if pair.onset.step is None else update_at(pair, pair.onset.step, data) for pair in pairs]
    per_epoch = len(original.trajectory().losses) // recipe.epochs
    names = {
        position: tuple(data.training_cases[case] for case in minibatch_cases(position, len(data.training), recipe))
        for position in range(per_epoch)
    }
    for pair, at_onset in zip(pairs, seen, strict=True):
        lines += ["", *told(pair, at_onset), f"  discordant calls         {_calls_in_words(pair, data)}"]
        if pair.burdens:
            lines += ["  growth, by minibatch", *burden_lines(pair, data, names, _SHOWN)]
        if len(pair.bursts):
            lines += ["  strongest bursts", *burst_lines(pair, names, _SHOWN)]
    together = study(pairs, original.best_epoch, threshold, tolerance) if pairs else None
    if together is not None:
        lines += ["", *summary(together, names)]
    return {"lines": lines, "json": _as_json(original, pairs, seen, together, names, data)}


def _calls(pair: Pair, data: ProblemData, epoch: int) -> tuple[int, int] | None:
    """Returns discordant and reportable calls of a pair at an epoch, tau found there; None where there is no tau."""
    try:
        tau = cutoff_of(pair.original, epoch, data).tau
    except CutoffError:
        return None
    outcome = all_builds_agree([pair.original, pair.rebuild], epoch, tau, data, Limits())
    return int(str(outcome.details["discordant"])), outcome.n


def _calls_in_words(pair: Pair, data: ProblemData) -> str:
    last = pair.original.epochs[-1]
    parts = []
    for name, epoch in (("released epoch", pair.original.best_epoch), ("last epoch", last)):
        counts = _calls(pair, data, epoch)
        found = "no cut-off" if counts is None else f"{counts[0]} of {counts[1]}"
        parts.append(f"{found} at the {name} {epoch}")
    return f"{', '.join(parts)} (tau found at each)"


def _as_json(
    original: Build,
    pairs: Sequence[Pair],
    seen: Sequence[Update | None],
    together: Study | None,
    names: Mapping[int, tuple[str, ...]],
    data: ProblemData,
) -> dict[str, Any]:
    epochs = original.epochs
    return {
        "original": original.title,
        "released_epoch": original.best_epoch,
        "pairs": [
            {
                "device": pair.rebuild.device,
                "first_difference": pair.first_difference,
                "onset": asdict(pair.onset),
                "sines": {epoch: float(pair.sines[epoch * pair.onset.steps_per_epoch]) for epoch in epochs},
                "at_onset": None if at_onset is None else asdict(at_onset),
                "bursts": [
                    {"update": update, "factor": factor, "cases": names[update % pair.onset.steps_per_epoch]}
                    for update, factor in pair.burst_factors.items()
                ],
                "burdens": [
                    {**asdict(burden), "cases": names[burden.position]} for burden in pair.burdens[:_BURDENS_KEPT]
                ],
                "merits": None if pair.merits is None else asdict(pair.merits),
                "discordant": {epoch: _calls(pair, data, epoch) for epoch in (original.best_epoch, epochs[-1])},
            }
            for pair, at_onset in zip(pairs, seen, strict=True)
        ],
        "together": None
        if together is None
        else {**asdict(together), "hardest_cases": [names[position] for position in together.hardest]},
    }
