"""What a check returns: a decision with the evidence for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field


@dataclass(frozen=True)
class Outcome:
    """A decision with its evidence.

    Attributes:
        requirement: id in the catalogue.
        subject: what was judged, e.g. ``"k=2, cpu+order:1 against cpu"``.
        ok: whether the requirement is met.
        evidence: whether what was measured can show anything; a surrogate that changed no bit cannot.
        measured: the number that was measured, None where there is none.
        limit: what it is held against, None where there is none.
        units: of both.
        n: how many things were measured (parameters, cases, devices).
        message: what was measured against which limit, where, the likely cause and what to do.
        details: everything else, as plain JSON values.
        lines: tables to show under the message, one row each.
    """

    requirement: str
    subject: str
    ok: bool
    measured: float | None
    limit: float | None
    units: str
    n: int
    message: str
    evidence: bool = True
    details: Mapping[str, object] = field(default_factory=dict)
    lines: Sequence[str] = ()

    def __str__(self) -> str:
        """The message with its table."""
        return "\n".join([self.message, *self.lines])

    def as_json(self) -> dict[str, object]:
        """Returns the outcome as plain JSON values."""
        return asdict(self) | {"details": dict(self.details), "lines": list(self.lines)}
