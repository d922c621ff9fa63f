"""Archives are read: what longcon wrote comes out to the byte, and of anything else it is said what is wrong."""

from __future__ import annotations

import gzip
import io
import os
import tarfile
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from longcon.builds.archive import signature_of, write_archive
from longcon.builds.archive_reader import Archive, opened_archive, unpack
from longcon.errors import ArchiveError, LongconError, StoreError
from tests.builds.forged_archives import Members, forged, head, members_of, padded, start_of
from tests.builds.hostile_archives import KEYS, MANIFEST, NOT_AS_WRITTEN, filled
from tests.builds.small_builds import SIGNATURE, names_in, small_store, told_otherwise, tree, write_small

GIVE = "give a file that python -m longcon export wrote."
AGAIN = "copy it again, or export it again."


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of two builds, the first of them signed; only read."""
    place = tmp_path_factory.mktemp("archives") / "store"
    assert small_store(place, 1, 2, signed=True) == KEYS
    return place


@pytest.fixture(scope="module")
def members(root: Path) -> Members:
    return members_of(root, *KEYS)


def _unpacked(content: bytes, place: Path) -> LongconError | None:
    try:
        unpack(io.BytesIO(content), len(content), place, "builds.tar")
    except LongconError as error:
        return error
    return None


def test_what_was_written_comes_out_to_the_byte(tmp_path: Path, root: Path) -> None:
    path, place = tmp_path / "builds.tar", tmp_path / "place"
    digest = write_archive(path, [(key, root / "builds" / key, signature_of(root, key)) for key in KEYS])
    with opened_archive(path) as archive:
        found = archive.unpack(place)
        assert archive.sha256 == digest
    assert [(one.key, one.build.folder) for one in found] == [(key, place / key) for key in KEYS]
    assert {one.build.title for one in found} == {f"k=2 float64 on cpu, replicate {number}" for number in (1, 2)}
    assert found[0].signature is not None
    assert found[0].signature.read_bytes() == SIGNATURE
    assert found[1].signature is None
    found[0].signature.unlink()
    assert tree(tmp_path, "place") == {
        name.replace("builds", "place", 1): content for name, content in tree(root, "builds").items()
    }


def test_the_forger_writes_what_longcon_does(tmp_path: Path, root: Path, members: Members) -> None:
    """Else every archive below would be refused for a reason of its own."""
    path = tmp_path / "builds.tar"
    write_archive(path, [(key, root / "builds" / key, signature_of(root, key)) for key in KEYS])
    assert path.read_bytes() == forged(members)
    assert _unpacked(forged(members), tmp_path / "place") is None


def test_a_connection_may_give_a_few_bytes_at_a_time(tmp_path: Path, members: Members) -> None:
    class Slow(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            return super().read(min(size or 0, 7))

    content = forged(members)
    assert [one.key for one in unpack(Slow(content), len(content), tmp_path)] == list(KEYS)


@pytest.mark.parametrize("how", NOT_AS_WRITTEN)
def test_what_is_not_as_longcon_wrote_it(tmp_path: Path, members: Members, how: str) -> None:
    forge, what = NOT_AS_WRITTEN[how]
    error = _unpacked(forge(members), tmp_path / "a" / "place")
    assert isinstance(error, ArchiveError)
    assert str(error) == f"builds.tar is not as longcon wrote it, {filled(what, members)}: {AGAIN}"
    # Nothing left the folder, whatever the names.
    assert {path.name for path in tmp_path.iterdir()} <= {"a"}
    assert {path.relative_to(tmp_path / "a").parts[0] for path in (tmp_path / "a").rglob("*")} <= {"place"}


# Sealed and indexed anew, as whoever sends an archive can do.
SEALED: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "parent": (
        lambda manifest: manifest["files"].update({"../../x.json": "0" * 64}),
        "names the file '../../x.json', which no build keeps",
    ),
    "terminal": (
        lambda manifest: manifest["request"].update(device="\x1b[2J"),
        "has a 'request.device' of the wrong kind",
    ),
    "format": (lambda manifest: manifest.update(format=1), "is of a format that this longcon does not know"),
}


@pytest.mark.parametrize("how", SEALED)
def test_a_manifest_that_was_sealed_by_another(tmp_path: Path, how: str) -> None:
    change, what = SEALED[how]
    folder = told_otherwise(tmp_path / "builds" / write_small(tmp_path / "builds"), change)
    error = _unpacked(forged(members_of(tmp_path, folder.name)), tmp_path / "place")
    assert isinstance(error, ArchiveError)
    assert str(error) == f"builds.tar is not as longcon wrote it, {folder.name}/manifest.json {what}: {AGAIN}"


def test_an_archive_that_was_cut_anywhere(tmp_path: Path, members: Members) -> None:
    """In a header, behind one, in a file, in what fills its block, in the end."""
    content, index = forged(members), start_of(members, MANIFEST)
    starts = [start_of(members, path) for path, _ in members] + [len(content) - 1024]
    for at in [512, 513, 1000, index - 1, *(start + more for start in starts for more in (-1, 0, 1, 512, 513))]:
        expected = index if at < index else len(content)
        assert str(_unpacked(content[:at], tmp_path / "place")) == (
            f"builds.tar is not as longcon wrote it, it is cut short, with {at:,} bytes of {expected:,}: {AGAIN}"
        )
    assert names_in(tmp_path) == []


_FOREIGN = f"builds.tar is no archive of builds, it does not begin with an index.json: {GIVE}"
FOREIGN: dict[str, tuple[bytes, str]] = {
    "empty": (b"", f"builds.tar is empty: {AGAIN}"),
    "a letter": (b"x", _FOREIGN),
    "a text": (b"case,score\n" * 500, _FOREIGN),
    "zeros": (bytes(10_240), _FOREIGN),
    "a header cut short": (head("index.json", 10)[:511], _FOREIGN),
    "a tar of another file": (head("scores.csv", 3) + padded(b"1,2") + bytes(1024), _FOREIGN),
    "a link for an index": (head("index.json", 0, tarfile.SYMTYPE, "/etc/passwd") + bytes(1024), _FOREIGN),
    "a pax header for an index": (head("index.json", 1 << 30, tarfile.XGLTYPE) + bytes(1024), _FOREIGN),
    "an index of the old kind": (head("index.json", 0, tarfile.AREGTYPE) + bytes(1024), _FOREIGN),
    "gzip": (
        gzip.compress(bytes(1 << 20)),
        "builds.tar is compressed (gzip): unpack it first, and give the file within.",
    ),
    "gzip cut short": (b"\x1f\x8b", "builds.tar is compressed (gzip): unpack it first, and give the file within."),
    "zip": (b"PK\x03\x04" * 200, "builds.tar is compressed (zip): unpack it first, and give the file within."),
    "an index of gigabytes": (
        head("index.json", 1 << 32) + bytes(4096),
        f"builds.tar is not as longcon wrote it, its index has 4,294,967,296 bytes: {AGAIN}",
    ),
    "an index that is not there": (
        head("index.json", 16 << 20),
        f"builds.tar is not as longcon wrote it, it is cut short, with 512 bytes of 16,777,728: {AGAIN}",
    ),
    "a later format": (
        forged([], index=b'{"format": 2, "files": [\n]}\n'),
        "builds.tar is of format 2, which this longcon does not know: use a newer longcon.",
    ),
}


@pytest.mark.parametrize("how", FOREIGN)
def test_what_is_no_archive_of_builds(tmp_path: Path, how: str) -> None:
    content, sentence = FOREIGN[how]
    error = _unpacked(content, tmp_path / "place")
    assert isinstance(error, ArchiveError)
    assert str(error) == sentence
    assert names_in(tmp_path) == []


def test_a_connection_that_ends_early(tmp_path: Path, members: Members) -> None:
    content = forged(members)
    with pytest.raises(ArchiveError) as error:
        unpack(io.BytesIO(content[:-2000]), len(content), tmp_path)
    assert str(error.value) == f"The archive is not as longcon wrote it, it ends before its size says: {AGAIN}"


def test_a_disk_that_cannot_be_read(tmp_path: Path, members: Members) -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell() > 5000:
                raise OSError(5, "Input/output error")
            return super().read(size)

    content = forged(members)
    with pytest.raises(ArchiveError) as error:
        unpack(Broken(content), len(content), tmp_path, "builds.tar")
    assert str(error.value) == f"builds.tar cannot be read (Input/output error): {AGAIN}"


def test_a_place_that_cannot_be_written(members: Members) -> None:
    content = forged(members)
    with pytest.raises(StoreError) as error:
        unpack(io.BytesIO(content), len(content), Path("/proc/longcon"))
    assert str(error.value) == (
        "/proc/longcon could not be written (No such file or directory): "
        "make room or rights there, or give another --store."
    )


def _pipe(path: Path) -> None:
    os.mkfifo(path)


PLACES: list[tuple[Callable[[Path], object], str]] = [
    (lambda _: None, f"is not there: {GIVE}"),
    (Path.mkdir, f"is a folder: {GIVE}"),
    (_pipe, f"is no plain file: {GIVE}"),
    (lambda path: path.symlink_to("/dev/zero"), f"is no plain file: {GIVE}"),
    (
        lambda path: path.symlink_to(path),
        "cannot be read (Too many levels of symbolic links): give rights there, or another file.",
    ),
]


@pytest.mark.parametrize(("make", "sentence"), PLACES, ids=["nothing", "folder", "pipe", "device", "circle"])
def test_a_file_that_is_none(tmp_path: Path, make: Callable[[Path], object], sentence: str) -> None:
    path = tmp_path / "builds.tar"
    make(path)
    with pytest.raises(ArchiveError) as error, opened_archive(path):
        pass
    assert str(error.value) == f"{path} {sentence}"


@pytest.mark.parametrize("size", [1 << 32, 16 << 20], ids=["refused", "allowed"])
def test_an_index_that_claims_much_costs_no_memory(tmp_path: Path, size: int) -> None:
    path = tmp_path / "builds.tar"
    path.write_bytes(head("index.json", size) + bytes(4096))
    tracemalloc.start()
    with pytest.raises(ArchiveError), opened_archive(path):
        pass
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1 << 20


@pytest.mark.parametrize("line", [b"\n", b"[],", b'{"path": "'], ids=["newlines", "lists", "objects"])
def test_an_index_of_megabytes_that_is_none_costs_its_size(line: bytes) -> None:
    """A reader of JSON would make an object of every few bytes."""
    size = 16 << 20
    content = forged([], index=(b'{"format": 1, "files": [\n' + line * (size // len(line)))[:size])
    tracemalloc.start()
    with pytest.raises(ArchiveError, match="names no"):
        Archive(io.BytesIO(content), len(content), "builds.tar")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 3 * size


def test_a_file_of_megabytes_passes_through_a_few(tmp_path: Path) -> None:
    key = write_small(tmp_path / "builds")
    large = tmp_path / "builds" / key / "log.txt"
    large.write_bytes(b"\0" * (64 << 20))
    digest = "3b6a07d0d404fab4e23b6d34bc6696a6a312dd92821332385e5af7c01c421351"
    folder = told_otherwise(tmp_path / "builds" / key, lambda manifest: manifest["files"].update({"log.txt": digest}))
    path = tmp_path / "builds.tar"
    tracemalloc.start()
    write_archive(path, [(folder.name, folder, None)])
    with opened_archive(path) as archive:
        archive.unpack(tmp_path / "place")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (tmp_path / "place" / folder.name / "log.txt").stat().st_size == 64 << 20
    assert peak < 8 << 20
