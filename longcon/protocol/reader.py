"""protocol.toml, read; every mistake is one sentence: file, section, key, value, what may stand there.

Which values a key may take is said by the dataclasses of the protocol, once for the file and the command line.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from longcon.errors import LongconError, ProtocolError, did_you_mean
from longcon.protocol.document import Protocol
from longcon.protocol.flags import in_keys
from longcon.protocol.kinds import KINDS, Unfit
from longcon.protocol.limits import Limits, default_limits
from longcon.protocol.sections import Advisory, Devices, Identity, Problem, RecipeChoice, Signatory
from longcon.protocol.template import EXAMPLE, line
from longcon.protocol.toml import as_toml

LARGEST = 1_000_000
_SECTIONS: dict[str, type[Any]] = {
    "protocol": Identity,
    "problem": Problem,
    "recipe": RecipeChoice,
    "devices": Devices,
    "limits": Limits,
    "advisory": Advisory,
}
_SIGNATORIES = "signatories"
_SHOWN = 60


def read_protocol(file: Path) -> Protocol:
    """Returns the protocol that ``file`` holds; what it leaves out is as by default.

    Raises:
        ProtocolError: it cannot be read, is not TOML, or holds a section, a key or a value that no protocol has.
    """
    content = _content(file)
    sections = _sections(file, content)
    values = {name: _values(file, name, sections.get(name, {})) for name in _SECTIONS}
    read: dict[str, Any] = {}
    for name, kind in _SECTIONS.items():
        # Limits that the file leaves out follow its precision, and that has been read by now.
        start = default_limits(read["recipe"].dtype) if name == "limits" else kind()
        read[name] = _section(file, name, start, values[name], sections.get(name, {}))
    # From where the file lies, so that it means the same from wherever it is used.
    read["problem"] = read["problem"].found_from(file.parent)
    signatories = _signatories(file, sections.get(_SIGNATORIES, []))
    identity = read.pop("protocol")
    # All that sections can have against each other is about the curvature.
    with blame(file, "advisory", "curvature_every", read["advisory"].curvature_every):
        return Protocol(
            identity,
            **read,
            signatories=signatories,
            file=file,
            digest=hashlib.sha256(content).hexdigest(),
        )


@contextmanager
def blame(file: Path, section: str, key: str, value: object) -> Iterator[None]:
    """Tells whatever is wrong with a value as a mistake in the protocol, in the protocol's words.

    Raises:
        ProtocolError: in place of any error of longcon.
    """
    try:
        yield
    except LongconError as error:
        raise ProtocolError(f"{_where(file, f'[{section}]', key, value)}: {in_keys(str(error))}") from None


def _content(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            content = opened.read(LARGEST + 1)
    except OSError as error:
        raise ProtocolError(
            f"{file} cannot be read ({error.strerror}): give --protocol=FILE, "
            "or write a protocol by python -m longcon protocol init."
        ) from None
    if len(content) > LARGEST:
        raise ProtocolError(f"{file} is larger than {LARGEST:,} bytes: no protocol is, so give another file.")
    return content


def _sections(file: Path, content: bytes) -> dict[str, Any]:
    try:
        sections = tomllib.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise ProtocolError(f"{file} is not UTF-8 (byte {error.start + 1}): save it as UTF-8.") from None
    except RecursionError:
        raise ProtocolError(f"{file} is not TOML (lists nested too deeply): correct it.") from None
    except ValueError as error:
        raise ProtocolError(f"{file} is not TOML ({str(error).rstrip('.')}): correct it.") from None
    known = [*_SECTIONS, _SIGNATORIES]
    for name, value in sections.items():
        if name not in known and isinstance(value, dict | list):
            hint = did_you_mean(name, known)
            raise ProtocolError(f"{file}: section [{_short(name)}] is unknown{hint}: give {', '.join(known)}.")
        if name not in known:
            hint = _home(name) or did_you_mean(name, known)
            raise ProtocolError(
                f"{file}: key '{_short(name)}' stands outside every section{hint}: give {', '.join(known)} as sections."
            )
        if name == _SIGNATORIES and not (isinstance(value, list) and all(isinstance(one, dict) for one in value)):
            raise ProtocolError(f"{file}: {name} is not a list of sections: begin each one with [[{name}]].")
        if name != _SIGNATORIES and not isinstance(value, dict):
            raise ProtocolError(f"{file}: {name} is not a section: begin it with [{name}], once.")
    return sections


def _values(file: Path, section: str, given: Mapping[str, object], number: str = "") -> dict[str, Any]:
    """Returns the values of a section, each of the type that its key has."""
    place = f"[[{section}]] {number}" if number else f"[{section}]"
    for key in given:
        if key not in KINDS[section]:
            hint = did_you_mean(key, KINDS[section]) or _home(key)
            raise ProtocolError(
                f"{file}, {place}: key '{_short(key)}' is unknown{hint}: give {', '.join(KINDS[section])}."
            )
    values = {}
    for key, kind in KINDS[section].items():
        if key not in given:
            if kind.needed:
                raise ProtocolError(f"{file}, {place}: {key} is missing: give {_example(section, key)}, say.")
            continue
        try:
            values[key] = kind.read(given[key])
        except Unfit:
            raise ProtocolError(
                f"{_where(file, place, key, given[key])}: this is not {kind.what}: give {_example(section, key)}, say."
            ) from None
    for key in ("data", "cases"):
        if values.get(key) is not None:
            # From where the file lies, so that it means the same from wherever it is used.
            values[key] = Path(file.parent, values[key]).absolute()
    return values


def _section(file: Path, name: str, start: Any, values: Mapping[str, object], given: Mapping[str, object]) -> Any:
    """Returns a section with its values, set one by one so that the one to blame is known, as it was given."""
    for field in fields(start):
        if field.name in values:
            with blame(file, name, field.name, given[field.name]):
                start = replace(start, **{field.name: values[field.name]})
    return start


def _signatories(file: Path, given: list[dict[str, object]]) -> tuple[Signatory, ...]:
    return tuple(Signatory(**_values(file, _SIGNATORIES, one, str(number))) for number, one in enumerate(given, 1))


def _where(file: Path, place: str, key: str, value: object) -> str:
    return f"{file}, {place} {key} = {_short(as_toml(key, value))}"


def _short(text: str) -> str:
    line = "".join(character if character.isprintable() else "?" for character in text)
    return line if len(line) <= _SHOWN else f"{line[:_SHOWN]}..."


def _home(key: str) -> str:
    """Returns where a key belongs, as a hint; nothing if it belongs nowhere."""
    return next((f" - it belongs under [{section}]" for section, keys in KINDS.items() if key in keys), "")


def _example(section: str, key: str) -> str:
    return line(key, EXAMPLE.signatories[0] if section == _SIGNATORIES else EXAMPLE.section(section))
