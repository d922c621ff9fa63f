from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

import pytest

from longcon.cohorts import text_stream
from longcon.cohorts.text_stream import TextStream, file_digest
from longcon.errors import CohortError

LINES = [f"line {number} " + "x" * (number % 50) for number in range(3000)]
TEXT = "\n".join(["header", *LINES, ""]).encode()


def read(path: Path) -> tuple[bytes, list[bytes], str]:
    with TextStream(path) as stream:
        header = stream.first_line()
        return header, [bytes(block) for block in stream.blocks()], stream.digest


@pytest.mark.parametrize("name", ["a.txt", "a.txt.gz"])
@pytest.mark.parametrize("block", [5, 100, 4096, 1 << 20])
def test_blocks_are_whole_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, block: int) -> None:
    monkeypatch.setattr(text_stream, "_BLOCK", block)
    data = gzip.compress(TEXT) if name.endswith("gz") else TEXT
    path = tmp_path / name
    path.write_bytes(data)
    header, blocks, digest = read(path)
    assert header == b"header"
    assert b"".join(blocks) == TEXT.removeprefix(b"header\n")
    assert all(part.endswith(b"\n") for part in blocks)
    assert digest == hashlib.sha256(data).hexdigest() == file_digest(path)


def test_several_gzip_members_are_one_text(tmp_path: Path) -> None:
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(TEXT) + gzip.compress(b"more"))
    assert b"".join(read(path)[1]).endswith(b"\nmore")


def test_progress_is_of_compressed_bytes(tmp_path: Path) -> None:
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(TEXT))
    seen: list[tuple[int, int]] = []
    with TextStream(path, lambda done, total: seen.append((done, total))) as stream:
        list(stream.blocks())
    assert seen[-1] == (path.stat().st_size, path.stat().st_size)
    assert seen == sorted(seen)


def test_an_empty_file_has_no_line(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"")
    assert read(tmp_path / "a.txt")[:2] == (b"", [])


WHOLE = gzip.compress(TEXT)
TRUNCATED = "a.gz ends in the middle of its gzip stream, so it is truncated; fetch it again or use a complete copy."
DAMAGED = "a.gz is damaged, since its gzip stream fails its own checks; fetch it again or use another copy."


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (WHOLE[: len(WHOLE) // 2], TRUNCATED),
        (WHOLE[:-1], TRUNCATED),
        (WHOLE[:5], TRUNCATED),
        (WHOLE[:-8] + b"abcd" + WHOLE[-4:], DAMAGED),
        (WHOLE[:-4] + b"abcd", DAMAGED),
        (WHOLE[:10] + b"\xff" * 50 + WHOLE[60:], DAMAGED),
        (WHOLE[:2] + b"\x07" + WHOLE[3:], DAMAGED),
        (WHOLE + b"garbage" * 5, DAMAGED),
    ],
    ids=["half", "last byte", "header", "checksum", "length", "deflate", "method", "trailing garbage"],
)
def test_a_broken_gzip_stream_is_an_error(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "a.gz"
    path.write_bytes(data)
    with pytest.raises(CohortError) as caught:
        read(path)
    assert str(caught.value) == message


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "none.gz"
    message = f"{path} cannot be read (no such file or directory); check the path and its permissions."
    for function in (TextStream, file_digest):
        with pytest.raises(CohortError) as caught:
            function(path)
        assert str(caught.value) == message


def test_a_file_without_lines_is_not_read_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_stream, "_BLOCK", 1 << 20)
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(bytes(70 << 20), 1))
    with pytest.raises(CohortError) as caught:
        read(path)
    assert str(caught.value) == (
        "a.gz has a line of more than 64 MB, so it is not a table of text; fetch it again or use another copy."
    )
