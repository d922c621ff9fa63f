"""evidence.json, altered by someone who writes a manifest to it: findings in words, and never anything else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from longcon.audit import verify
from longcon.audit.manifest import MANIFEST, manifest_of
from tests.reports.conftest import files, run

__all__ = ["files", "run"]

Place = tuple[str | int, ...]
_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 100)
    | st.floats()
    | st.text(max_size=4)
    | st.sampled_from(
        ["PASS", "FAIL", "released", "passed", "skipped", "LC-PQ-01", 10**400, "\ud800", "=1", "\x1b[2J"]
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


@dataclass(frozen=True)
class Audit:
    """An audit, and a folder to write it in as anyone can."""

    folder: Path
    files: dict[str, bytes] = field(repr=False)

    def findings(self, changed: dict[str, bytes], manifest: bytes | None = None) -> tuple[str, ...]:
        """Returns what is found after some files were replaced; each can be shown on a terminal."""
        files = {**self.files, **changed}
        for name, content in {**files, MANIFEST: manifest_of(files) if manifest is None else manifest}.items():
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / name).write_bytes(content)
        found = verify(self.folder).findings
        assert [finding for finding in found if not finding.isprintable()] == []
        return found


@pytest.fixture(scope="module")
def audit(tmp_path_factory: pytest.TempPathFactory, files: dict[str, bytes]) -> Audit:
    return Audit(tmp_path_factory.mktemp("audits"), files)


def test_nothing_is_found_where_nothing_was_changed(audit: Audit) -> None:
    assert audit.findings({}) == ()


def _places(value: Any, place: Place = ()) -> Iterator[Place]:
    if place:
        yield place
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, each in inner:
        yield from _places(each, (*place, name))


def _change(document: Any, places: list[Place], choice: int, value: object, *, removed: bool) -> None:
    *path, last = places[choice % len(places)]
    holder = document
    try:
        for name in path:
            holder = holder[name]
        if removed:
            del holder[last]
        else:
            holder[last] = value
    except (KeyError, IndexError, TypeError):
        return  # an earlier change took the place away


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.integers(0, 1 << 20), _VALUES, st.booleans()), min_size=1, max_size=3))
def test_any_change_of_the_evidence(audit: Audit, changes: list[tuple[int, object, bool]]) -> None:
    document = json.loads(audit.files["evidence.json"])
    places = sorted(_places(document), key=str)
    for choice, value, removed in changes:
        _change(document, places, choice, value, removed=removed)
    audit.findings({"evidence.json": json.dumps(document).encode()})


@settings(max_examples=30)
@given(name=st.sampled_from(["evidence.json", "audit.html", "discordant-cases.csv"]), content=st.binary(max_size=200))
@example(name="evidence.json", content=b"[" * 100_000)
@example(name="evidence.json", content=b"9" * 5000)
@example(name="evidence.json", content=b'{"a": NaN}')
@example(name="audit.html", content=b"<p>" * 100_000)
def test_any_bytes_in_place_of_a_file(audit: Audit, name: str, content: bytes) -> None:
    assert audit.findings({name: content})


@given(st.binary(max_size=300))
@example(b"0" * 64 + b"  ../x\n")
@example(b"0" * 64 + b"  a\x1b[2J\n")
def test_any_bytes_in_place_of_the_manifest(audit: Audit, content: bytes) -> None:
    assert audit.findings({}, content)
