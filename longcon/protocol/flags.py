"""The flags of the command line and the keys of a protocol: which says the same as which."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Flag:
    """A flag that overrides a key.

    Attributes:
        name: as the user gives it.
        section: of the protocol, its name in the file and in `Protocol`.
        key: in the section.
    """

    name: str
    section: str
    key: str

    @property
    def option(self) -> str:
        """The name under which pytest keeps what was given."""
        return self.name.removeprefix("--").replace("-", "_")


FLAGS: tuple[Flag, ...] = (
    Flag("--device", "devices", "required"),
    Flag("--surrogate", "devices", "surrogates"),
    Flag("--k", "recipe", "k"),
    Flag("--dtype", "recipe", "dtype"),
    Flag("--arithmetic", "recipe", "arithmetic"),
    Flag("--epochs", "recipe", "epochs"),
    Flag("--seed", "recipe", "seed"),
    Flag("--learning-rate", "recipe", "learning_rate"),
    Flag("--weight-decay", "recipe", "weight_decay"),
    Flag("--release-epoch", "recipe", "release_epoch"),
    Flag("--problem", "problem", "name"),
    Flag("--features", "problem", "features"),
    Flag("--data", "problem", "data"),
    Flag("--cohort-seed", "problem", "cohort_seed"),
    Flag("--p", "limits", "p"),
    Flag("--confidence", "limits", "confidence"),
    Flag("--sine-tolerance", "limits", "sine_tolerance"),
    Flag("--residual-threshold", "limits", "residual_threshold"),
    Flag("--curvature-every", "advisory", "curvature_every"),
    Flag("--require", "advisory", "gating"),
)
_KEYS = {flag.name: flag.key for flag in FLAGS}


def in_keys(sentence: str) -> str:
    """Returns a sentence that speaks of flags as one that speaks of keys: ``--k=1`` is ``k = 1`` in a protocol."""

    def key(found: re.Match[str]) -> str:
        return _KEYS.get(found[1], found[1]) + (" = " if found[2] else "")

    return re.sub(r"(--[a-z][a-z-]*)(=?)", key, sentence)
