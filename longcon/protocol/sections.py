"""The sections of a protocol as frozen dataclasses, the keys of protocol.toml as fields; `limits` has the one left out.

The defaults are those of the command line too, and the sections refuse what no validation can have, whether it comes
from a file or from the command line.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path

from longcon.devices import IMPORTED, device_elsewhere, named_surrogate, require_device_name
from longcon.errors import ProtocolError, RecipeError, did_you_mean
from longcon.requirements import CATALOGUE
from longcon.training import Recipe
from longcon.training.recipe import Arithmetic, Precision

# Names that stand for longcon's own problems.
PROBLEMS = ("gbm",)
_DEFAULT = Recipe(k=2)


@dataclass(frozen=True)
class Identity:
    """Section [protocol]: what the validation is called and what it is for.

    Attributes:
        title: of the validation.
        version: of the protocol, as its owner counts.
        intended_use: what the classifier is released for.
    """

    title: str = ""
    version: str = ""
    intended_use: str = ""


@dataclass(frozen=True)
class Problem:
    """Section [problem]: the classifier's problem and its data.

    Attributes:
        name: ``"gbm"``, or where the problem's code is: ``path/to/file.py:NAME`` or ``package.module:NAME``.
        data: handed to a problem that takes a ``folder``; the GBM problem simulates GEO's files when it is None.
        cohort_seed: handed to a problem that takes a ``seed``, of the split and of what is simulated.
        features: handed to a problem that takes ``features``, the width of the network's input.
        digest: SHA-256 of the data, as every run states it; None where nobody has agreed on it.
        source: SHA-256 of the problem's code, or of a command and what it reads, likewise.
        train: command that trains, in place of the problem's code; None where that does.
        cases: file that lists the cases that a command must score.
        target: class of clinical interest, where a command trains.
        reads: files and folders that a command reads, from where the protocol lies.
        timeout: seconds that a command may take.
        parameters: whether a command leaves parameters.safetensors.

    Raises:
        ProtocolError: the problem is unknown, or the digest is none.
        RecipeError: no network has that width.
    """

    name: str = "gbm"
    data: Path | None = None
    cohort_seed: int = 0
    features: int = 5000
    digest: str | None = None
    source: str | None = None
    train: str | None = None
    cases: Path | None = None
    target: str | None = None
    reads: tuple[str, ...] = ()
    timeout: float = 3600.0
    parameters: bool = False

    def __post_init__(self) -> None:
        self._require_place()
        for name, digest in (("digest", self.digest), ("source", self.source)):
            if digest is not None and not (len(digest) == 64 and set(digest) <= set("0123456789abcdef")):
                raise ProtocolError(
                    f"{name} is '{digest}', which is no SHA-256: give the 64 hexadecimal digits that a run states."
                )
        if not (math.isfinite(self.timeout) and self.timeout > 0):
            raise ProtocolError(f"timeout is {self.timeout:g} seconds: give a number above 0, such as 3600.")
        if self.features < 1:
            raise RecipeError(f"features is {self.features}, but a network sees at least 1: give --features=1 or more.")

    def _require_place(self) -> None:
        """Checks that the name has the form of a problem's place; whether anything is there is seen when it is used."""
        place, colon, name = self.name.rpartition(":")
        if self.name in PROBLEMS or (colon and place.strip() and name.isidentifier()):
            return
        meant = (
            f" - did you mean '{self.name}:NAME'?" if self.name.endswith(".py") else did_you_mean(self.name, PROBLEMS)
        )
        known = ", ".join(PROBLEMS)
        raise ProtocolError(
            f"problem '{self.name}' is unknown{meant}: give {known}, path/to/file.py:NAME or package.module:NAME."
        )

    @property
    def is_file(self) -> bool:
        """Whether the name is that of a file."""
        return self.name.rpartition(":")[0].endswith(".py")

    def found_from(self, folder: Path) -> Problem:
        """Returns the section with the file of its name as found from a folder."""
        if not self.is_file:
            return self
        place, _, name = self.name.rpartition(":")
        return replace(self, name=f"{Path(folder, place).absolute()}:{name}")


@dataclass(frozen=True)
class RecipeChoice:
    """Section [recipe]: one training recipe for every k, and the epoch that is released.

    Attributes:
        k: the minibatch sizes.
        dtype: as in `Recipe`, like the following.
        arithmetic: of training.
        epochs: trained.
        seed: of initial values and case order.
        learning_rate: Adamax's step size.
        weight_decay: weight of the L2 penalty.
        layer_norm_epsilon: added to the variance in layer normalisation.
        release_epoch: ``"best"``, ``"last"`` or the number of an epoch.

    Raises:
        RecipeError: a value that no training can have.
    """

    k: tuple[int, ...] = (2,)
    dtype: Precision = _DEFAULT.dtype
    arithmetic: Arithmetic = _DEFAULT.arithmetic
    epochs: int = _DEFAULT.epochs
    seed: int = _DEFAULT.seed
    learning_rate: float = _DEFAULT.learning_rate
    weight_decay: float = _DEFAULT.weight_decay
    layer_norm_epsilon: float = _DEFAULT.layer_norm_epsilon
    release_epoch: str | int = "best"

    def __post_init__(self) -> None:
        epoch, epochs = self.release_epoch, self.epochs
        if not self.recipes:
            raise RecipeError("k is empty, but builds are trained at some k: give --k=1 or more.")
        if epoch not in ("best", "last") and not (isinstance(epoch, int) and 1 <= epoch <= epochs):
            raise RecipeError(
                f"release epoch is '{epoch}': give --release-epoch best, last, or a number from 1 to {epochs}."
            )

    @property
    def recipes(self) -> tuple[Recipe, ...]:
        """One recipe for each k."""
        return tuple(
            Recipe(
                k=k,
                dtype=self.dtype,
                learning_rate=self.learning_rate,
                weight_decay=self.weight_decay,
                epochs=self.epochs,
                seed=self.seed,
                arithmetic=self.arithmetic,
                layer_norm_epsilon=self.layer_norm_epsilon,
            )
            for k in dict.fromkeys(self.k)
        )


@dataclass(frozen=True)
class Devices:
    """Section [devices]: names, since a protocol is also read where its devices are not.

    Attributes:
        required: cpu, cuda, cuda:N, all, imported or one of those, such as cpu@site-b; the first is the original's.
        surrogates: names of surrogates; empty for those that suit each device, ``none`` for none.

    Raises:
        DeviceError: a name is unknown; whether this machine has the device is seen when it is used.
    """

    required: tuple[str, ...] = ("cpu",)
    surrogates: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in self.required:
            if "@" in name:
                there, _, site = name.partition("@")
                device_elsewhere(there, site)
            elif name not in ("all", IMPORTED):
                require_device_name(name)
        for name in self.surrogates:
            if name != "none":
                named_surrogate(name)


@dataclass(frozen=True)
class Advisory:
    """Section [advisory]: what is measured beyond what every release needs, and what of it gates.

    Attributes:
        curvature_every: of how many steps one has its curvature recorded, on the original builds; 0 for none.
        gating: ids of advisory requirements that gate this run.

    Raises:
        RecipeError: the curvature cannot be recorded so often.
        ProtocolError: an id is not that of an advisory requirement, or it needs the curvature.
    """

    curvature_every: int = 0
    gating: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.curvature_every < 0:
            raise RecipeError(
                f"curvature every is {self.curvature_every}: give --curvature-every=1 for every step, or 0 for none."
            )
        advisory = {entry.id: entry for entry in CATALOGUE if not entry.gating and entry.has_limit}
        for name in self.gating:
            if name not in advisory:
                hint = did_you_mean(name, advisory)
                raise ProtocolError(
                    f"'{name}' is no advisory requirement{hint}: give --require one of {', '.join(advisory)}."
                )
            if advisory[name].needs_curvature and self.curvature_every != 1:
                raise ProtocolError(
                    f"{name} needs the curvature of every step: give --curvature-every=1 beside --require={name}."
                )


@dataclass(frozen=True)
class Signatory:
    """An entry of [[signatories]]: who signs, and what the signature says.

    Attributes:
        role: e.g. ``"Laboratory director"``.
        meaning: e.g. ``"approved for release"``.
    """

    role: str
    meaning: str
