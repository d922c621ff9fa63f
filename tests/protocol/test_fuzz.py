"""protocol.toml, altered anywhere: it is read, or refused in one sentence that names the file."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from longcon.errors import ProtocolError
from longcon.protocol import Protocol, read_protocol, template
from longcon.protocol.kinds import KINDS

_VALUES = [
    *('""', '"x"', "'''a\nb'''", "0", "-1", "1_000", "0x7f", "1e999", "-inf", "nan", "+0.0", "true", "[]", "[[]]"),
    *("[1, 2]", '["cpu"]', "[{}]", "{}", "{ a = 1 }", "2026-01-02", "07:32:00", "2026-01-02T03:04:05Z", '"\\u0000"'),
    *('"\\U0001F600"', "9" * 400, f"0x{'f' * 5000}", "[" * 2000, '"' + "x" * 5000 + '"', '["a", 1]', "1.0", '"none"'),
]
_KEYS = [(section, key) for section, keys in KINDS.items() for key in keys]


def _read(folder: Path, content: bytes) -> Protocol | None:
    file = folder / "p.toml"
    file.write_bytes(content)
    try:
        return read_protocol(file)
    except ProtocolError as error:
        text = str(error)
        assert text.startswith(str(file))
        assert text.endswith(".")
        assert text.isprintable()
        return None


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("protocols")


@given(st.lists(st.tuples(st.sampled_from(_KEYS), st.sampled_from(_VALUES)), min_size=1, max_size=3))
def test_any_value_under_any_key(folder: Path, given_: list[tuple[tuple[str, str], str]]) -> None:
    text = template()
    for (section, key), value in given_:
        head, line, rest = text.partition(f"[{section}]")
        former = re.search(rf"(?m)^#? ?{key} = .*$", rest)
        assert former is not None
        text = f"{head}{line}{rest[: former.start()]}{key} = {value}{rest[former.end() :]}"
    read = _read(folder, text.encode())
    assert read is None or read.digest is not None


@given(
    place=st.floats(0, 1, exclude_max=True),
    removed=st.integers(0, 40),
    added=st.binary(max_size=8)
    | st.sampled_from([b"\xff", b"\x00", b"[", b'"""', b"\r", b"=", b"[[signatories]]", b"#"]),
)
@example(place=0.0, removed=0, added=b"\xef\xbb\xbf\xef\xbb\xbf")
@example(place=0.0, removed=0, added=b"a = " + b"[" * 100_000)
@example(place=0.0, removed=0, added=b"a = " + b"{b = " * 10_000)
@example(place=0.0, removed=0, added=b".".join([b"a"] * 5000) + b" = 1\n")
@example(place=0.0, removed=0, added=b"[" + b".".join([b"problem"] * 5000) + b"]\n")
@example(place=0.0, removed=0, added=b"x" * 1_000_000)
def test_any_bytes_in_place_of_some(folder: Path, place: float, removed: int, added: bytes) -> None:
    content = template().encode()
    at = int(place * len(content))
    _read(folder, content[:at] + added + content[at + removed :])
