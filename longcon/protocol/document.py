"""The protocol as a whole: its sections, who signs, and the file that it was read from."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from longcon.errors import RecipeError
from longcon.protocol.limits import Limits
from longcon.protocol.sections import Advisory, Devices, Identity, Problem, RecipeChoice, Signatory


@dataclass(frozen=True)
class Protocol:
    """What is validated, on which devices, against which limits, for whom.

    Attributes:
        identity: title, version and intended use.
        problem: the problem and its data.
        recipe: how builds are trained.
        devices: where they are trained.
        limits: of acceptance.
        advisory: what is measured besides, and what of it gates.
        signatories: who signs the report.
        file: where it was read; None for the defaults.
        digest: SHA-256 of the file's bytes; None for the defaults.

    Raises:
        RecipeError: the sections do not fit each other.
    """

    identity: Identity = field(default_factory=Identity)
    problem: Problem = field(default_factory=Problem)
    recipe: RecipeChoice = field(default_factory=RecipeChoice)
    devices: Devices = field(default_factory=Devices)
    limits: Limits = field(default_factory=Limits)
    advisory: Advisory = field(default_factory=Advisory)
    signatories: tuple[Signatory, ...] = ()
    file: Path | None = None
    digest: str | None = None

    def __post_init__(self) -> None:
        if self.advisory.curvature_every and self.recipe.arithmetic != "native":
            raise RecipeError("The curvature is recorded in native training only: leave out --curvature-every.")

    def section(self, name: str) -> object:
        """Returns a section by its name in the file."""
        return getattr(self, "identity" if name == "protocol" else name)

    def value(self, section: str, key: str) -> object:
        """Returns what a section says under a key."""
        return getattr(self.section(section), key)
