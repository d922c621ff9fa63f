"""Where imported builds come from: kept in the store, and nothing else is taken for it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longcon.builds.provenance import Provenance, imported_keys, provenance_of, require_site, write_provenance
from longcon.errors import StoreError

KEY = "0123456789abcdef0123456789abcdef"


def test_it_is_read_as_it_was_written(tmp_path: Path) -> None:
    assert provenance_of(tmp_path, KEY) is None
    assert imported_keys(tmp_path) == ()
    written = Provenance("site-b", "a" * 64, "2026-01-01T00:00:00Z")
    write_provenance(tmp_path, KEY, written)
    assert provenance_of(tmp_path, KEY) == written
    assert imported_keys(tmp_path) == (KEY,)


NO_SITES = ["", "Site", "a b", "a/b", "../a", "-a", "reference", "x" * 41, "ä", "a\n"]


@pytest.mark.parametrize("name", NO_SITES)
def test_what_cannot_stand_in_the_name_of_a_device_is_no_site(name: str) -> None:
    with pytest.raises(StoreError) as error:
        require_site(name)
    assert str(error.value) == (
        f"'{name}' is no name of a site: give one of at most 40 small letters, digits, '.', '_' and '-', such as "
        "--site=site-b."
    )


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"3", b'{"site": "b"}', b'{"site": "a b", "archive": "", "imported": ""}']
)
def test_a_record_that_says_nothing_is_refused(tmp_path: Path, content: bytes) -> None:
    place = tmp_path / "imported" / f"{KEY}.json"
    place.parent.mkdir()
    place.write_bytes(content)
    with pytest.raises(StoreError) as error:
        provenance_of(tmp_path, KEY)
    assert str(error.value) == f"{place} does not say where build {KEY} comes from: import the build again."


@given(content=st.binary(max_size=200))
def test_strange_bytes_are_refused(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    root = tmp_path_factory.getbasetemp() / "strange"
    (root / "imported").mkdir(parents=True, exist_ok=True)
    (root / "imported" / f"{KEY}.json").write_bytes(content)
    with pytest.raises(StoreError, match="does not say where build"):
        provenance_of(root, KEY)
