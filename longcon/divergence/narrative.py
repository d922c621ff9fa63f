"""A divergence in words: when two builds part, why, and on which cases."""

from __future__ import annotations

from collections.abc import Mapping

from longcon.divergence.pair import Pair
from longcon.divergence.study import Study
from longcon.divergence.update import Update
from longcon.problems import ProblemData


def told(pair: Pair, at_onset: Update | None) -> list[str]:
    """Returns lines that tell when a pair of builds parts, and what is known of the update at the onset.

    Args:
        pair: two builds.
        at_onset: the update with which the divergence begins; None if there is none.
    """
    lines = [pair.title, f"  first bit that differs   {_first(pair)}", f"  divergence               {_when(pair)}"]
    lines.append(f"  sine at epoch            {_sines(pair)}")
    if at_onset is not None:
        lines += ["  the update at the onset", *(f"    {name:22} {value}" for name, value in _rows(at_onset))]
    return lines


def burden_lines(pair: Pair, data: ProblemData, names: Mapping[int, tuple[str, ...]], most: int) -> list[str]:
    """Returns lines that list the minibatches that carried most of the growth, one each.

    Args:
        pair: two builds with detail.
        data: names the classes of the training cases.
        names: the cases of each minibatch, by its position.
        most: how many to list.
    """
    label = dict(zip(data.training_cases, data.training_labels.tolist(), strict=True))
    lines = []
    for burden in pair.burdens[:most]:
        cases = ", ".join(f"{name} ({data.classes[label[name]]})" for name in names[burden.position])
        bursts = f", {burden.bursts} burst{'s' if burden.bursts > 1 else ''}" if burden.bursts else ""
        lines.append(f"    {burden.share:5.1%} of the growth on {cases}{bursts}")
    return lines


def burst_lines(pair: Pair, names: Mapping[int, tuple[str, ...]], most: int) -> list[str]:
    """Returns lines that list the strongest bursts before the builds part, with their cases.

    Args:
        pair: two builds.
        names: the cases of each minibatch, by its position.
        most: how many to list.
    """
    factors = pair.burst_factors
    strongest = sorted(factors, key=lambda update: -factors[update])[:most]
    return [
        f"    difference of the moments x {factors[update]:.0f} at {_place(pair, update)}: "
        f"{', '.join(names[update % pair.onset.steps_per_epoch])}"
        for update in strongest
    ]


def _first(pair: Pair) -> str:
    if pair.first_difference is None:
        return "none: the builds are identical at every step"
    if pair.first_difference == 0:
        return "the initial state"
    return _place(pair, pair.first_difference - 1)


def _when(pair: Pair) -> str:
    onset = pair.onset
    if onset.left is None:
        return "none: together at the end"
    if onset.parted == 0:
        return "the initial states are apart"
    if onset.step is None or onset.parted is None or onset.epochs_taken is None:
        return f"left round-off with {_place(pair, onset.left)}, not apart by the end"
    speed = "rapid" if onset.rapid else "gradual"
    return (
        f"begins with {_place(pair, onset.step)}; apart after {onset.epoch_of(onset.parted):.1f} epochs "
        f"({speed}: {onset.epochs_taken:.1f} epochs from the tolerance to 1e-2)"
    )


def _place(pair: Pair, update: int) -> str:
    epoch, minibatch = divmod(update, pair.onset.steps_per_epoch)
    return f"update {update} (epoch {epoch + 1}, minibatch {minibatch + 1})"


def _sines(pair: Pair) -> str:
    epochs = (len(pair.sines) - 1) // pair.onset.steps_per_epoch
    shown = sorted({epoch for epoch in (1, 2, 4, 8, 16, 32, 64, epochs) if epoch <= epochs})
    return ", ".join(f"{epoch}: {pair.sines[epoch * pair.onset.steps_per_epoch]:.0e}" for epoch in shown)


def _rows(update: Update) -> list[tuple[str, str]]:
    rows = [
        ("where", f"epoch {update.epoch}, minibatch {update.minibatch}"),
        ("cases", ", ".join(update.cases)),
        ("loss", f"{update.loss:.3g}"),
        ("gradient norm", f"{update.gradient_norm:.3g}{_rank(update.gradient_rank)}"),
    ]
    if update.residual is not None:
        rows.append(("residual", f"{update.residual:.3g}{_rank(update.residual_rank)}"))
    if update.smallest is not None and update.largest is not None:
        rows.append(
            (
                "Hessian",
                f"smallest eigenvalue at most {update.smallest:.3g} (|Hv - theta v| {update.smallest_error:.0e}), "
                f"largest magnitude {update.largest:.3g}",
            )
        )
    for what, change in (("parameters", update.parameters), ("moments", update.moments), ("maxima", update.norms)):
        if change is not None:
            rows.append((f"difference of {what}", f"{change[0]:.1e} -> {change[1]:.1e}"))
    rows += [
        (f"variance, layer {name}", f"{value:.3g}{_rank(rank)}") for name, (value, rank) in update.variances.items()
    ]
    rows += [(f"switched, layer {name}", f"{count} units") for name, count in update.switched_units.items()]
    if update.switched_maxima is not None:
        rows.append(("switched maxima", f"{update.switched_maxima:.2%} of those sampled"))
    return rows


def _rank(rank: float | None) -> str:
    return "" if rank is None else f" (above {rank:.1%} of those recorded)"


def summary(found: Study, names: Mapping[int, tuple[str, ...]]) -> list[str]:
    """Returns lines that tell what all pairs show together.

    Args:
        found: the study of one original and its surrogates.
        names: the cases of each minibatch, by its position.
    """
    lines = ["all surrogates together"]
    if found.by_release is not None and found.parted is not None:
        lines += [
            f"  orders of summation that leave round-off by the released epoch: {found.by_release}",
            f"  orders of summation that part by the last epoch: {found.parted}",
            "    (the probability that a rebuild elsewhere does, as far as another device's round-off is such a draw)",
        ]
    if found.below_threshold is not None and found.least_residual is not None:
        least, update = found.least_residual
        lines.append(
            f"  recorded steps with a residual below the threshold: {found.below_threshold:.2%}; "
            f"least {least:.1e}, at update {update}"
        )
    lines.append(f"  bursts, updates that multiply the relative difference of the moments fivefold: {found.bursts}")
    if found.on_hardest is None or found.held_out is None or found.uniform is None:
        return [*lines, "  no pair parts, so there is no growth to explain"]
    lines += [
        f"  in the {found.explained} pairs that part, {len(found.hardest)} of {len(names)} minibatches carry "
        f"{found.on_hardest:.0%} of the growth;",
        f"    chosen in every other epoch, {found.held_out:.0%} of the rest ({found.uniform:.0%} were chance):",
        f"    {'; '.join(', '.join(names[position]) for position in found.hardest)}",
    ]
    if found.events is not None:
        lines.append(
            "  what tells the most responsible updates (area under the curve, 0.5 is chance; "
            f"{found.events[0]} of {found.events[1]} updates or more), and its rank correlation with the gain"
        )
    for name, area in sorted(found.areas.items(), key=lambda pair: -pair[1]):
        lines.append(f"    {area:.2f}  {found.gains.get(name, float('nan')):+.2f}  {name}")
    return lines
