"""The document: evidence.json, of which the page shows every part."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from longcon.audit.schema import VERSION
from longcon.builds import Reference
from reports.record.builds import builds_of, devices_of
from reports.record.cases import cases_of, requirements_of
from reports.record.discordance import discordant_of
from reports.record.run import Run
from reports.record.surroundings import checkout, software
from reports.record.untested import untested_of


def document(run: Run, figures: Sequence[Mapping[str, Any]], undrawn: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Returns everything that is known of a run as plain JSON values; a number that is not finite is null.

    Args:
        run: that has ended.
        figures: that were drawn, each with its files, title and caption.
        undrawn: that were not, each with its title and why.
    """
    requirements, cases, devices = requirements_of(run), cases_of(run), devices_of(run)
    discordant, unlisted = discordant_of(run)
    found = {
        "format": "longcon evidence",
        "version": VERSION,
        "identity": _identity(run),
        **_decided(run),
        "run": _run(run),
        "settings": _settings(run),
        "problem": _problem(run),
        "checkout": checkout(run.before, run.after),
        "software": software(),
        "devices": devices,
        "requirements": requirements,
        "cases": cases,
        "discordant": discordant,
        "unlisted": unlisted,
        "figures": [dict(figure) for figure in figures],
        "undrawn": [dict(figure) for figure in undrawn],
        "not_tested": untested_of(run, requirements, cases, devices),
        "builds": builds_of(run),
        "signatories": [vars(signatory) for signatory in run.settings.signatories],
    }
    plain: dict[str, Any] = finite(found)
    return plain


def finite(value: Any) -> Any:
    """Returns a value in which every number is one that JSON has: finite, or null."""
    if isinstance(value, Mapping):
        return {str(key): finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [finite(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _identity(run: Run) -> dict[str, Any]:
    settings = run.settings
    return {"title": settings.title, "version": settings.version, "intended_use": settings.intended_use}


def _decided(run: Run) -> dict[str, Any]:
    decision = run.decision
    verdict = decision.verdict
    return {
        "verdict": {
            "word": verdict.word,
            "sentence": verdict.sentence,
            "reasons": list(verdict.reasons),
            "notes": list(verdict.notes),
            "strange": list(run.strange),
        },
        "decision": {
            "asked": decision.asked,
            "word": decision.word,
            "sentence": decision.sentence,
            "objections": list(decision.objections),
        },
        "deviations": [
            {"flag": deviation.flag, "protocol": deviation.protocol, "given": deviation.given}
            for deviation in run.settings.deviations
        ],
    }


def _run(run: Run) -> dict[str, Any]:
    return {
        "id": run.settings.run,
        "started": run.started,
        "ended": run.ended,
        "interrupted": run.interrupted,
        "operator": run.settings.operator,
        "command": list(run.command),
    }


def _settings(run: Run) -> dict[str, Any]:
    settings, limits = run.settings, run.settings.limits
    return {
        "protocol": {"file": settings.protocol.name, "sha256": settings.digest} if settings.protocol else None,
        "limits": vars(limits),
        "release": settings.release,
        "ks": list(settings.ks),
        "released_epochs": [{"k": k, "epoch": run.released_epoch(k)} for k in settings.ks],
        "recipes": [recipe.as_json() for recipe in settings.recipes],
        "features": run.data.features,
        "cohort_seed": settings.cohort_seed,
        "curvature_every": settings.curvature_every,
        "required": sorted(settings.required),
        "required_devices": list(settings.required_devices),
        "fresh": settings.fresh,
        "store": settings.store_name,
        "reference": _reference(settings.released),
    }


def _reference(released: Reference | None) -> dict[str, Any] | None:
    if released is None:
        return None
    return {"key": released.build, "epoch": released.epoch, "tau": released.tau, "audit": released.audit}


def _problem(run: Run) -> dict[str, Any]:
    data = run.data
    return {
        "name": data.problem,
        "classes": list(data.classes),
        "target": data.target,
        "place": run.settings.problem,
        "method": dict(run.settings.method),
        "simulated": data.facts.get("simulated") is True,
        "folder": str(run.settings.data) if run.settings.data is not None else None,
        "features": data.features,
        "cases": {"training": len(data.training), "holdout": len(data.holdout), "prospective": len(data.prospective)},
        "agreed_sha256": run.settings.data_digest,
        "sha256": run.digest,
        "facts": dict(data.facts),
    }
