"""A requirement: what must hold, why, where that comes from, how it is decided, and when it applies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Scope = Literal["run", "k", "device", "rebuild"]
OfCommands = Literal["always", "with parameters", "never"]

_SUBJECTS: dict[Scope, str] = {
    "run": "Once for the run",
    "k": "Once for every k",
    "device": "For every k, on every device",
    "rebuild": "For every k, for every rebuild (every device but the original's)",
}


@dataclass(frozen=True)
class Requirement:
    """One thing that must hold.

    Attributes:
        id: LC, phase (IQ installation, OQ operation, PQ performance) and number.
        statement: what must hold, in one sentence.
        rationale: why it matters to whoever signs the release.
        source: where it comes from.
        criterion: how it is decided.
        scope: what it is decided for: the ``"run"`` once, or at every k: ``"k"`` once, every ``"device"``, or every
            ``"rebuild"``, that is every device but the original's.
        least_k: smallest minibatch to which it applies.
        most_k: largest minibatch to which it applies; None for any.
        least_epochs: smallest number of epochs of a training to which it applies.
        portable_only: whether it applies to portable arithmetic alone.
        compares_devices: whether it takes a difference for one of devices. Where it does, an order surrogate is left
            out in portable arithmetic: the order of sums is part of that arithmetic, so another order is another
            computation, not another device.
        needs_curvature: whether it is decided only in runs that record the curvature.
        needs_digest: whether it is decided only where the protocol says the digest of the data.
        of_commands: whether it applies to what a command trained, of which scores are seen and, at most, parameters.
        of_reference: whether it can be decided of a released reference, of which one build is there.
        gating: whether the verdict depends on it; if not, it is advisory: measured and reported.
        has_limit: whether a measurement can fail it; if not, no run can make it gating.
    """

    id: str
    statement: str
    rationale: str
    source: str
    criterion: str
    scope: Scope
    least_k: int = 1
    most_k: int | None = None
    least_epochs: int = 1
    portable_only: bool = False
    compares_devices: bool = False
    needs_curvature: bool = False
    needs_digest: bool = False
    of_commands: OfCommands = "always"
    of_reference: bool = True
    gating: bool = True
    has_limit: bool = True

    def applies_to(self, k: int, arithmetic: str) -> bool:
        """Whether it applies to a minibatch of ``k`` cases in an arithmetic."""
        fits = self.least_k <= k and (self.most_k is None or k <= self.most_k)
        return fits and (arithmetic == "portable" or not self.portable_only)

    def applies_to_another_computation(self, k: int, arithmetic: str) -> bool:
        """Whether it applies to a device that is another computation in ``arithmetic``.

        What is only reported of a rebuild is reported of that one too, whatever its k.
        """
        if self._reported_of_rebuilds:
            return True
        return self.applies_to(k, arithmetic) and not self.compares_devices

    def applies_to_command(self, *, parameters: bool) -> bool:
        """Whether it applies to what a command trained, which leaves its parameters or does not."""
        return self.of_commands == "always" or (self.of_commands == "with parameters" and parameters)

    @property
    def when(self) -> str:
        """When it applies, in words."""
        words = _SUBJECTS[self.scope]
        if (self.least_k, self.most_k) != (1, None):
            words = words.replace("every k", self._ks, 1)
        if self.least_epochs > 1:
            words += f", in trainings of {self.least_epochs} epochs and more"
        if self.portable_only:
            words += ", in portable arithmetic only"
        if self.needs_curvature:
            words += ", in runs that record the curvature"
        if self.needs_digest:
            words += ", where the protocol says the digest of the data"
        if self.of_commands == "never":
            words += "; not for a command"
        elif self.of_commands == "with parameters":
            words += "; for a command where it leaves its parameters"
        if not self.of_reference:
            words += "; not for a released reference, of which one build is there"
        if self._reported_of_rebuilds:
            words += "; also, whatever k, for another order of portable sums"
        elif self.compares_devices:
            words += "; not for another order of portable sums, which is another computation and no other device"
        return words + "."

    @property
    def _reported_of_rebuilds(self) -> bool:
        return self.scope == "rebuild" and not self.gating and not self.compares_devices

    @property
    def _ks(self) -> str:
        if self.most_k is None:
            return f"every k of {self.least_k} and more"
        return f"k = {self.least_k}" if self.least_k == self.most_k else f"every k from {self.least_k} to {self.most_k}"
