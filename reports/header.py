"""The header of a run: everything that steers it, so that a typo shows before hours of training."""

from __future__ import annotations

from fixtures.options import Settings
from longcon.problems import ProblemData
from longcon.training import Recipe


def described(settings: Settings, data: ProblemData | None, digest: str | None = None) -> list[tuple[str, str]]:
    """Returns everything that steers the run, as pairs of name and value."""
    return [*_protocol(settings), *_tested(settings, data, digest)]


def _protocol(settings: Settings) -> list[tuple[str, str]]:
    if settings.protocol is None:
        return []
    deviations = "; ".join(deviation.text for deviation in settings.deviations)
    return [
        ("title", settings.title),
        ("intended use", settings.intended_use),
        ("protocol", f"{settings.protocol}, version {settings.version}, SHA-256 {settings.digest}"),
        ("deviations", deviations or "none"),
    ]


def _tested(settings: Settings, data: ProblemData | None, digest: str | None) -> list[tuple[str, str]]:
    limits = settings.limits
    judged = "point estimate" if limits.confidence is None else f"upper {100 * limits.confidence:g}% bound"
    rows = [
        ("devices", ", ".join(device.name for device in settings.devices)),
        *(_cluster(settings)),
        *_elsewhere(settings),
        *_recipe(settings),
        ("limits", f"sine {limits.sine_tolerance:.3g}, discrepancy rate {1 - limits.p:.3g} ({judged})"),
        ("advisory", _advisory(settings)),
        ("store", settings.store_name + (", trained afresh" if settings.fresh else "")),
    ]
    if data is None:
        return rows
    # A command knows its training cases; longcon may not.
    training = f"{len(data.training)} training, " if len(data.training) else ""
    counts = f"{training}{len(data.holdout)} hold-out, {len(data.prospective)} prospective cases"
    return [
        ("problem", f"{data.problem}; target {data.target}"),
        ("data", counts if settings.command else f"{counts}, {data.features} features"),
        ("data digest", f"{digest}"),
        ("source", settings.method.get("source", "not known")),
        *rows,
    ]


def _cluster(settings: Settings) -> list[tuple[str, str]]:
    cluster = settings.cluster
    if cluster is None:
        return []
    return [("cluster", cluster.address + (f", dashboard {cluster.dashboard}" if cluster.dashboard else ""))]


def _elsewhere(settings: Settings) -> list[tuple[str, str]]:
    released = settings.released
    if released is None:
        return []
    behind = f"audit {released.audit}" if released.audit else "no audit behind it"
    return [("reference", f"{released.build}, epoch {released.epoch}, tau {released.tau:.4f}, {behind}")]


def _recipe(settings: Settings) -> list[tuple[str, str]]:
    recipe, command = settings.recipes[0], settings.command
    ks = ", ".join(map(str, settings.ks))
    if command is not None:
        told = ks if command.command.uses("k") else f"{ks}, of which the command is not told"
        reads = ", ".join(command.command.files())
        return [("k", told), ("command", f"seed {recipe.seed}, reads {reads}")]
    return [
        ("k", ks),
        (
            "recipe",
            f"{recipe.dtype}, {recipe.arithmetic} arithmetic, learning rate {recipe.learning_rate:.6g}, "
            f"weight decay {recipe.weight_decay:.6g}, {_epsilon(recipe)}"
            f"{recipe.epochs} epochs, seed {recipe.seed}, "
            f"released epoch {settings.release}",
        ),
    ]


def _epsilon(recipe: Recipe) -> str:
    # PyTorch's own is not told: a model of one's own may have another unasked.
    asked = recipe.layer_norm_epsilon
    return f"LayerNorm epsilon {asked:.6g}, " if asked != Recipe.layer_norm_epsilon else ""


def _advisory(settings: Settings) -> str:
    every = settings.curvature_every
    recorded = "at every step" if every == 1 else f"at one step in {every}" if every else "at no step"
    required = ", ".join(sorted(settings.required)) or "none"
    return (
        f"curvature recorded {recorded}, residual threshold {settings.limits.residual_threshold:.3g}; "
        f"gating in this run: {required}"
    )
