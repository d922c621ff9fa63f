"""The catalogue as a document, docs/requirements.md."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import fill

from longcon.requirements.requirement import Requirement

_WIDTH = 120
_PHASES = {
    "IQ": ("Installation qualification", "The devices and settings under which builds are trained."),
    "OQ": ("Operation qualification", "Training does what it is meant to do, whichever device it runs on."),
    "PQ": ("Performance qualification", "A rebuild elsewhere is the classifier that was validated."),
}

_PREFACE = """# Requirements

This page is written by `python -m longcon requirements --out docs/requirements.md` from the catalogue
(`longcon/requirements/catalogue.py`), which also drives the tests in `validation/`, the verdict and the rows of the
report. It is not edited by hand: a test compares it with the catalogue.

A *gating* requirement decides the verdict: it must be met, on evidence, in every case that it applies to. An *advisory*
one is measured and reported; if it has a limit, `--require=ID`, or `gating` in a protocol, makes it gating. Sources
name sections of Breuer, Furtado and Orr, *Minibatches can make neural network training repeatable for clinical
applications*.
"""


def document(catalogue: Sequence[Requirement]) -> str:
    """Returns the catalogue as Markdown: an overview, then every requirement with all that is known of it."""
    parts = [_PREFACE, _overview(catalogue)]
    for phase, (title, about) in _PHASES.items():
        of_phase = [requirement for requirement in catalogue if requirement.id.split("-")[1] == phase]
        if of_phase:
            parts.append(f"## {title}\n\n{about}\n")
            parts += [_entry(requirement) for requirement in of_phase]
    return "\n".join(parts)


def _overview(catalogue: Sequence[Requirement]) -> str:
    rows = [f"| [{entry.id}](#{_anchor(entry)}) | {entry.statement} | {_weight(entry)} |" for entry in catalogue]
    return "\n".join(["| id | what must hold | weight |", "|---|---|---|", *rows]) + "\n"


def _entry(requirement: Requirement) -> str:
    facts = (
        f"- Criterion: {requirement.criterion}.",
        f"- Applies: {requirement.when[0].lower()}{requirement.when[1:]}",
        f"- Weight: {_weight(requirement)}.",
        f"- Source: {requirement.source}.",
    )
    return (
        f"### {requirement.id}\n\n**{requirement.statement}**\n\n{fill(requirement.rationale, _WIDTH)}\n\n"
        + "\n".join(fill(fact, _WIDTH, subsequent_indent="  ") for fact in facts)
        + "\n"
    )


def _weight(requirement: Requirement) -> str:
    if requirement.gating:
        return "gating"
    return "advisory" if requirement.has_limit else "advisory, without a limit"


def _anchor(requirement: Requirement) -> str:
    return requirement.id.lower()
