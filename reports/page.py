"""The top of the HTML report, as static HTML that needs no script."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from fixtures.cases import Case
from fixtures.options import Settings
from longcon.problems import ProblemData
from reports.gate import Decision
from reports.verdict import NOT_MET, Result

# pytest-html's page begins with the environment and is set in light grey; the verdict belongs on top, in black.
_STYLE = """<style>
body { display: flex; flex-direction: column; min-width: 0; font-size: 14px; color: #1a1a1a }
a { color: #1a4f8a }
h1, h1 + p { order: -2 }
div.summary:has(> .summary__data) { order: -1 }
</style>"""
_COLOURS = {"PASS": "#1b6e3c", "FAIL": "#a3182b", "INCOMPLETE": "#8a5a00"}


def _advisory(settings: Settings) -> str:
    every = settings.curvature_every
    recorded = "at every step" if every == 1 else f"at one step in {every}" if every else "at no step"
    required = ", ".join(sorted(settings.required)) or "none"
    return (
        f"curvature recorded {recorded}, residual threshold {settings.limits.residual_threshold:.3g}; "
        f"gating in this run: {required}"
    )


def verdict_html(decision: Decision) -> str:
    """Returns the verdict with the reasons that stand against a pass, and against a release."""
    given = decision.verdict
    colour = _COLOURS[given.word]
    reasons = (
        _list("Reasons", given.reasons)
        + _list("Notes", given.notes)
        + f"<h3>{escape(f'Release: {decision.sentence}')}</h3>"
        + _list("Stands against a release", decision.objections)
    )
    return (
        f'{_STYLE}<section style="border-left:.5em solid {colour};padding:.2em 1em;margin:1em 0">'
        f'<h2 style="color:{colour};font-size:1.4em">Verdict: {escape(given.sentence)}</h2>{reasons}</section>'
    )


def settings_html(settings: Settings, data: ProblemData | None, digest: str | None = None) -> str:
    """Returns what was tested and the limits of acceptance."""
    none = [] if settings.protocol else [("protocol", "none: defaults and command line")]
    return _table("What was tested", ("", ""), [*none, *described(settings, data, digest)])


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
    recipe, limits = settings.recipes[0], settings.limits
    judged = "point estimate" if limits.confidence is None else f"upper {100 * limits.confidence:g}% bound"
    rows = [
        ("devices", ", ".join(device.name for device in settings.devices)),
        ("k", ", ".join(map(str, settings.ks))),
        (
            "recipe",
            f"{recipe.dtype}, {recipe.arithmetic} arithmetic, learning rate {recipe.learning_rate:.6g}, "
            f"weight decay {recipe.weight_decay:.6g}, {recipe.epochs} epochs, seed {recipe.seed}, "
            f"released epoch {settings.release}",
        ),
        ("limits", f"sine {limits.sine_tolerance:.3g}, discrepancy rate {1 - limits.p:.3g} ({judged})"),
        ("advisory", _advisory(settings)),
        ("store", str(settings.store) + (", trained afresh" if settings.fresh else "")),
    ]
    if data is None:
        return rows
    counts = f"{len(data.training)} training, {len(data.holdout)} hold-out, {len(data.prospective)} prospective cases"
    return [
        ("problem", f"{data.problem}; target {data.target}"),
        ("data", f"{counts}, {data.features} features"),
        ("data digest", f"{digest}"),
        *rows,
    ]


def evidence_html(expected: Sequence[Case], results: Mapping[str, Result]) -> str:
    """Returns a row for every case: requirement, subject, measured against limit, outcome; and discordant cases."""
    rows, lists = [], ""
    for case in expected:
        result = results.get(case.key)
        evidence = result.evidence if result else None
        outcome = _outcome(case, result)
        subject = evidence["subject"] if evidence else case.name
        rows.append((case.requirement.id, case.requirement.statement, subject, *_numbers(evidence), outcome))
        if evidence and evidence["lines"]:
            lists += _list(f"{case.key}: discordant cases", evidence["lines"])
    head = ("requirement", "statement", "subject", "measured", "limit", "outcome")
    return _table("Measured against limit", head, rows) + lists


def _outcome(case: Case, result: Result | None) -> str:
    if result is None:
        return "not run"
    if result.found_unmet and not case.gating:
        return NOT_MET
    outcome = "ineffective" if result.ineffective else result.outcome
    return f"{outcome} (required by this run)" if case.required else outcome


def _numbers(evidence: Mapping[str, Any] | None) -> tuple[str, str]:
    if evidence is None or evidence["measured"] is None:
        return "-", "-"
    limit = "none" if evidence["limit"] is None else f"{evidence['limit']:.3g}"
    return f"{evidence['measured']:.3g} {evidence['units']}", limit


def _list(title: str, items: Iterable[str]) -> str:
    rows = "".join(f"<li>{escape(item)}</li>" for item in items)
    return f"<h3>{escape(title)}</h3><ul>{rows}</ul>" if rows else ""


def _table(title: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    cell = '<{0} style="text-align:left;padding:.2em .8em .2em 0;vertical-align:top">{1}</{0}>'
    header = "".join(cell.format("th", escape(name)) for name in head) if any(head) else ""
    body = "".join(f"<tr>{''.join(cell.format('td', escape(str(value))) for value in row)}</tr>" for row in rows)
    return f"<h2>{escape(title)}</h2><table><thead><tr>{header}</tr></thead><tbody>{body}</tbody></table>"
