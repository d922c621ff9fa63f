"""The page's sections, one template each, filled from the evidence and from nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from reports.page import words
from reports.page.log import Log
from reports.page.pictures import inline

_FOLDER = Path(__file__).parent
_TITLES = {
    "verdict": "Verdict",
    "use": "Intended use and scope",
    "tested": "What was tested",
    "criteria": "Acceptance criteria",
    "traceability": "Traceability",
    "measured": "Measured against limit",
    "discordant": "Discordant cases",
    "figures": "Figures",
    "deviations": "Deviations from the protocol",
    "untested": "What was not tested",
    "builds": "Builds",
    "signatures": "Signatures",
    "log": "Log of the tests",
}


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_FOLDER / "templates", encoding="utf-8"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "number": words.number,
        "measured": words.measured,
        "moment": words.moment,
        "duration": words.duration,
        "symbol": words.symbol,
        "anchor": words.anchor,
    }
    return environment


def page(evidence: Mapping[str, Any], svgs: Mapping[str, bytes], log: Log | None) -> bytes:
    """Returns the page; whatever text the evidence holds is escaped.

    Args:
        evidence: as in evidence.json.
        svgs: the figures by their names in the audit.
        log: of the tests, which is shown by script; None where there is none.
    """
    titles = {name: title for name, title in _TITLES.items() if log is not None or name != "log"}
    rendered = (
        _environment()
        .get_template("page.html")
        .render(
            **evidence,
            titles=titles,
            style=Markup((_FOLDER / "style.css").read_text(encoding="utf-8")),  # noqa: S704 - our own file
            pictures={name: inline(content, f"f{number}") for number, (name, content) in enumerate(svgs.items())},
            log=log,
            outcomes={case["key"]: case for case in evidence["cases"]},
            chart=words.discordant_by_k(evidence["discordant"]),
        )
    )
    return rendered.encode()
