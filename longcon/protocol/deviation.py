"""Deviations: what the command line said against the protocol."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from longcon.protocol.document import Protocol
from longcon.protocol.flags import FLAGS, Flag
from longcon.protocol.limits import default_limits
from longcon.protocol.toml import as_toml

# The order in which these are named says nothing; that of devices does, since the first is the original's.
_SETS = {"k", "gating", "surrogates"}


@dataclass(frozen=True)
class Deviation:
    """A flag of the command line that overrode the protocol.

    Attributes:
        flag: e.g. ``"--epochs"``.
        protocol: the value of the protocol, as its file writes it.
        given: the value of the command line, written alike.
    """

    flag: str
    protocol: str
    given: str

    @property
    def text(self) -> str:
        """The deviation in one line."""
        return f"{self.flag} is {self.given}, in the protocol {self.protocol}"


def deviate(protocol: Protocol | None, given: Mapping[str, Any]) -> tuple[Protocol, tuple[Deviation, ...]]:
    """Returns the protocol of a run, in which what was given on the command line stands, and the deviations.

    Args:
        protocol: that was read; None where there is none, and then nothing deviates.
        given: values by the flag's name, in the types of `Protocol`; flags that were not given are left out.

    Raises:
        RecipeError: a value that no training can have.
        ProtocolError: a limit or an id outside those that it may take.
    """
    start = protocol or Protocol()
    sections = {
        name: _changed(start, name, given) for name in dict.fromkeys(flag.section for flag in FLAGS) if name != "limits"
    }
    if protocol is None:
        # Limits that nobody has set follow the precision; those of a protocol stand, whatever the command line says.
        start = replace(start, limits=default_limits(sections["recipe"].dtype))
    run = replace(start, **sections, limits=_changed(start, "limits", given))
    if protocol is None:
        return run, ()
    found = [(flag, protocol.value(flag.section, flag.key)) for flag in FLAGS if flag.name in given]
    return run, tuple(
        Deviation(flag.name, as_toml(flag.key, said), as_toml(flag.key, given[flag.name]))
        for flag, said in found
        if not _same(flag, said, given[flag.name])
    )


def _changed(protocol: Protocol, section: str, given: Mapping[str, Any]) -> Any:
    changes = {flag.key: given[flag.name] for flag in FLAGS if flag.section == section and flag.name in given}
    found: Any = protocol.section(section)
    return replace(found, **changes) if changes else found


def _same(flag: Flag, said: Any, given: Any) -> bool:
    return bool(set(said) == set(given) if flag.key in _SETS else said == given)
