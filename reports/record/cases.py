"""The requirements and their cases: what had to hold, what was measured, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fixtures.cases import Case
from fixtures.options import Settings
from longcon.requirements import CATALOGUE, Requirement
from reports.record.run import Run
from reports.verdict import NOT_MET, Result

# From the worst: a requirement is what the worst of its cases is.
NOT_RUN, NOT_DECIDED, FAILED, UNMET, INEFFECTIVE, MET = (
    "not run",
    "not decided",
    "test failed",
    "not met",
    "ineffective",
    "met",
)
NOT_APPLICABLE = "not applicable"
_WORST_FIRST = (FAILED, UNMET, NOT_RUN, NOT_DECIDED, NOT_MET, MET, INEFFECTIVE)


def cases_of(run: Run) -> list[dict[str, Any]]:
    """Returns every case with its outcome, in the catalogue's order."""
    return [_case(case, run.results.get(case.key)) for case in run.expected]


def requirements_of(run: Run) -> list[dict[str, Any]]:
    """Returns every requirement of the catalogue with what became of it in this run."""
    return [_requirement(entry, run) for entry in CATALOGUE]


def _case(case: Case, result: Result | None) -> dict[str, Any]:
    evidence = result.evidence if result is not None else None
    found = evidence or {}
    return {
        "key": case.key,
        "requirement": case.requirement.id,
        "k": case.k,
        "device": case.device.name if case.device is not None else None,
        "gating": case.gating,
        "required": case.required,
        "test": result.outcome if result is not None else NOT_RUN,
        "ok": bool(found["ok"]) if evidence else None,
        "shows": bool(found["evidence"]) if evidence else None,
        "outcome": outcome_of(case, result),
        "message": result.message if result is not None else "its test was not run",
        "subject": found.get("subject"),
        "measured": found.get("measured"),
        "limit": found.get("limit"),
        "units": found.get("units"),
        "n": found.get("n"),
        "details": dict(found.get("details", {})),
        "lines": list(found.get("lines", ())),
    }


def outcome_of(case: Case, result: Result | None) -> str:
    """Returns what became of a case, in words."""
    if result is None:
        return NOT_RUN
    if result.met:
        return MET
    if result.found_unmet:
        return UNMET if case.gating else NOT_MET
    if result.ineffective:
        return INEFFECTIVE
    if result.outcome != "failed":
        return NOT_DECIDED
    return UNMET if result.evidence is not None and not result.evidence["ok"] else FAILED


def _requirement(entry: Requirement, run: Run) -> dict[str, Any]:
    own = [case for case in run.expected if case.requirement.id == entry.id]
    outcomes = [outcome_of(case, run.results.get(case.key)) for case in own]
    return {
        "id": entry.id,
        "statement": entry.statement,
        "rationale": entry.rationale,
        "criterion": entry.criterion,
        "source": entry.source,
        "applies": entry.when,
        "gating": entry.gating or entry.id in run.settings.required,
        "required": entry.id in run.settings.required,
        "cases": [case.key for case in own],
        "met": outcomes.count(MET),
        "outcome": _worst(outcomes),
        "why_not": None if own else _why_not(entry, run.settings),
    }


def _worst(outcomes: Sequence[str]) -> str:
    return next((word for word in _WORST_FIRST if word in outcomes), NOT_APPLICABLE)


def _why_not(entry: Requirement, settings: Settings) -> str:
    """Returns why a requirement applies to nothing in a run."""
    if entry.portable_only and settings.arithmetic != "portable":
        return "it applies to portable arithmetic, and this run has native arithmetic"
    if entry.needs_curvature and settings.curvature_every == 0:
        return "it needs the curvature of the loss, which this run did not record"
    if entry.needs_digest and settings.data_digest is None:
        return "it holds the data against a digest of the protocol, and none was given"
    command = settings.command
    if command is not None and not entry.applies_to_command(parameters=command.command.parameters):
        return (
            "a command trained, of which longcon sees no more than it leaves: its scores and, at most, its parameters"
        )
    if not any(entry.applies_to(k, settings.arithmetic) for k in settings.ks):
        ks = ", ".join(map(str, settings.ks))
        bound = f"k of {entry.least_k} and more" if entry.most_k is None else f"k of at most {entry.most_k}"
        return f"it applies to {bound}, and this run has k = {ks}"
    return "this run has no device that it concerns"
