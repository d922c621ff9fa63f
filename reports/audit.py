"""The audit's folder, made at the end of a run: evidence, page, figures and tables, in one manifest."""

from __future__ import annotations

import json
from collections.abc import Mapping

from longcon.audit import discordant_csv, faults_of
from longcon.audit.verification import DISCORDANT, EVIDENCE, PAGE
from longcon.errors import LongconError
from reports.figures import draw
from reports.page import Log, page
from reports.record import Run, document

JUNIT = "junit.xml"


def audit_of(run: Run, log: Log | None, junit: bytes | None) -> dict[str, bytes]:
    """Returns every file of the audit but its manifest, by name.

    Args:
        run: that has ended.
        log: of the tests; None where there is none.
        junit: what pytest wrote for other programs; None where it wrote nothing.

    Raises:
        LongconError: the evidence does not follow its schema, which is a mistake of longcon's own.
    """
    drawn, undrawn = draw(run)
    evidence = document(run, [figure.as_json() for figure in drawn], [vars(figure) for figure in undrawn])
    faults = faults_of(evidence)
    if faults:
        raise LongconError(
            f"The evidence does not follow its schema ({faults[0]}): a mistake of longcon's, to be reported."
        )
    svgs = {figure.as_json()["svg"]: figure.svg for figure in drawn}
    files = {name: content for figure in drawn for name, content in figure.files().items()}
    files[EVIDENCE] = as_text(evidence)
    files[DISCORDANT] = discordant_csv(evidence["discordant"])
    files[PAGE] = page(evidence, svgs, log)
    if junit is not None:
        files[JUNIT] = junit
    return files


def as_text(evidence: Mapping[str, object]) -> bytes:
    """Returns the evidence as a JSON text that people can read too."""
    return json.dumps(evidence, indent=1, ensure_ascii=False, allow_nan=False).encode() + b"\n"
