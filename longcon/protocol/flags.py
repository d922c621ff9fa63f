"""The flags of the command line and the keys of a protocol: which says the same as which, and what each takes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from longcon.errors import ProtocolError
from longcon.protocol.document import Protocol
from longcon.protocol.sections import Problem


@dataclass(frozen=True)
class Flag:
    """A flag that overrides a key.

    Attributes:
        name: as the user gives it.
        section: of the protocol, its name in the file and in `Protocol`.
        key: in the section.
        metavar: stands for the value in a list of options.
        about: what it says, in a few words.
        default: what stands where neither flag nor protocol says anything; None for the key's own default.
        repeated: whether it may be given several times.
    """

    name: str
    section: str
    key: str
    metavar: str
    about: str
    default: str | None = None
    repeated: bool = False

    @property
    def option(self) -> str:
        """The name under which a parser keeps what was given."""
        return self.name.removeprefix("--").replace("-", "_")

    @property
    def help(self) -> str:
        """Returns what a list of options says of it."""
        value = Protocol().value(self.section, self.key)
        shown = ", ".join(map(str, value)) if isinstance(value, tuple) else f"{value}"
        default = shown if self.default is None else self.default
        return f"{self.about}{'; repeatable' if self.repeated else ''} (default: {default})"


FLAGS: tuple[Flag, ...] = (
    Flag("--device", "devices", "required", "NAME", "cpu, cuda, cuda:N, all, or imported", repeated=True),
    Flag(
        "--surrogate",
        "devices",
        "surrogates",
        "NAME",
        "isa:NAME, mkl:COMPATIBLE, openblas:NAME, order:N, or none",
        default="by device",
        repeated=True,
    ),
    Flag("--k", "recipe", "k", "K", "cases in a minibatch", repeated=True),
    Flag("--dtype", "recipe", "dtype", "NAME", "float64 or float32"),
    Flag("--arithmetic", "recipe", "arithmetic", "NAME", "native or portable"),
    Flag("--epochs", "recipe", "epochs", "N", "epochs trained"),
    Flag("--seed", "recipe", "seed", "N", "of initial values and case order"),
    Flag("--learning-rate", "recipe", "learning_rate", "R", "of Adamax", default="README"),
    Flag("--weight-decay", "recipe", "weight_decay", "W", "weight of the L2 penalty", default="README"),
    Flag("--layer-norm-epsilon", "recipe", "layer_norm_epsilon", "E", "added to the variance in layer normalisation"),
    Flag(
        "--release-epoch",
        "recipe",
        "release_epoch",
        "E",
        "best (the original's least hold-out error), last, or a number",
    ),
    Flag("--problem", "problem", "name", "PLACE", "gbm, path/to/file.py:NAME or package.module:NAME"),
    Flag("--features", "problem", "features", "N", "probes seen"),
    Flag("--data", "problem", "data", "FOLDER", "folder of GEO's files", default="simulated cohorts"),
    Flag("--cohort-seed", "problem", "cohort_seed", "N", "of simulation and split"),
    Flag("--p", "limits", "p", "P", "required consistency, in (0, 1]"),
    Flag(
        "--confidence", "limits", "confidence", "C", "of the bound held against 1 - p, or none for the point estimate"
    ),
    Flag(
        "--sine-tolerance",
        "limits",
        "sine_tolerance",
        "S",
        "largest vector sine between devices",
        default="the root of the dtype's machine epsilon",
    ),
    Flag(
        "--residual-threshold",
        "limits",
        "residual_threshold",
        "R",
        "gradient-annihilation residual below which a saddle neighbourhood is near",
        default="by dtype",
    ),
    Flag(
        "--curvature-every",
        "advisory",
        "curvature_every",
        "N",
        "record the original's curvature at every N-th step; 1 for all, 0 for none",
    ),
    Flag(
        "--require",
        "advisory",
        "gating",
        "ID",
        "make an advisory requirement gating, e.g. LC-PQ-06",
        default="none",
        repeated=True,
    ),
)
_KEYS = {flag.name: flag.key for flag in FLAGS}


def add_flags(add: Callable[..., object], names: Callable[[str], bool] = lambda _: True) -> None:
    """Adds flags to a parser of options; they are read by `given`.

    Args:
        add: adds one option, as argparse's ``add_argument`` does.
        names: which flags; all by default.
    """
    for flag in FLAGS:
        if names(flag.name):
            add(flag.name, action="append" if flag.repeated else "store", metavar=flag.metavar, help=flag.help)


def given(options: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Returns what a command line gave, by the flag's name, in the types of `Protocol`.

    Args:
        options: what a parser kept, by `Flag.option`; None, or nothing, for what was not given.
        folder: that relative places are meant from.

    Raises:
        ProtocolError: a value is not of the kind that its flag takes.
    """
    said = {flag.name: options.get(flag.option) for flag in FLAGS}
    return {
        name: tuple(_typed(name, one, folder) for one in value)
        if isinstance(value, list)
        else _typed(name, value, folder)
        for name, value in said.items()
        if value is not None
    }


def in_keys(sentence: str) -> str:
    """Returns a sentence that speaks of flags as one that speaks of keys: ``--k=1`` is ``k = 1`` in a protocol."""

    def key(found: re.Match[str]) -> str:
        return _KEYS.get(found[1], found[1]) + (" = " if found[2] else "")

    return re.sub(r"(--[a-z][a-z-]*)(=?)", key, sentence)


def _typed(name: str, text: str, folder: Path) -> Any:
    if name == "--data":
        if not text:
            raise ProtocolError("--data is empty, as an unset variable leaves it: give a folder or leave it out.")
        return Path(folder, text).absolute()
    if name == "--problem":
        return Problem(name=text).found_from(folder).name
    if name == "--confidence":
        return None if text == "none" else _number(name, text)
    if name == "--release-epoch":
        return int(text) if text.isascii() and text.isdigit() else text
    if name in _WHOLE:
        return _whole(name, text)
    return _number(name, text) if name in _NUMBERS else text


_WHOLE = ("--k", "--epochs", "--seed", "--features", "--cohort-seed", "--curvature-every")
_NUMBERS = (
    "--learning-rate",
    "--weight-decay",
    "--layer-norm-epsilon",
    "--p",
    "--sine-tolerance",
    "--residual-threshold",
)


def _number(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ProtocolError(f"{name} is '{text}', which is not a number: give one such as 0.95.") from None


def _whole(name: str, text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ProtocolError(f"{name} is '{text}', which is not a whole number: give one such as 2.") from None
