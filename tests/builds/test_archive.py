"""Archives are written: the same bytes for the same builds, whole or not at all, and over nothing."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from longcon.builds.archive import Parcel, signature_of, write_archive
from longcon.builds.archive_layout import header
from longcon.errors import ArchiveError, StoreError
from tests.builds.full_disk import room_for
from tests.builds.small_builds import SIGNATURE, names_in, small_store, told_otherwise

FILES = ["cases.json", "scores.safetensors", "state-0000.safetensors", "trajectory.safetensors"]


@pytest.fixture
def parcels(tmp_path: Path) -> list[Parcel]:
    """Two builds of a store, one of them signed."""
    root = tmp_path / "store"
    keys = small_store(root, 1, 2, signed=True)
    return [(key, root / "builds" / key, signature_of(root, key)) for key in keys]


def test_an_archive_is_a_plain_tar_in_the_order_of_its_index(tmp_path: Path, parcels: list[Parcel]) -> None:
    path = tmp_path / "builds.tar"
    digest = write_archive(path, parcels)
    assert digest == hashlib.sha256(path.read_bytes()).hexdigest()
    with tarfile.open(path, "r:") as archive:
        members = archive.getmembers()
        contents = {member.name: archive.extractfile(member).read() for member in members}  # type: ignore[union-attr]
    expected = []
    for key, _, signature in sorted(parcels):
        expected += [f"{key}/{name}" for name in ["manifest.json", *FILES]]
        expected += [f"{key}/signature.json"] if signature else []
    assert [member.name for member in members] == ["index.json", *expected]
    assert {(m.type, m.mode, m.uid, m.gid, m.uname, m.gname, m.mtime) for m in members} == {
        (tarfile.REGTYPE, 0o644, 0, 0, "", "", 0)
    }
    index = json.loads(contents.pop("index.json"))
    assert index == {
        "format": 1,
        "files": [
            {"path": name, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
            for name, content in contents.items()
        ],
    }
    for key, folder, signature in parcels:
        kept = {name.name: name.read_bytes() for name in folder.iterdir()} | (
            {"signature.json": signature} if signature else {}
        )
        assert kept == {name[33:]: content for name, content in contents.items() if name.startswith(key)}


def test_the_same_builds_give_the_same_bytes(tmp_path: Path, parcels: list[Parcel]) -> None:
    digests = {write_archive(tmp_path / name, given) for name, given in (("1", parcels), ("2", parcels[::-1]))}
    assert len(digests) == 1
    assert write_archive(tmp_path / "3", parcels[:1]) not in digests


def test_a_header_is_what_the_standard_says() -> None:
    """Every field as POSIX has it, so that no tar of any system reads it otherwise."""
    block = header("a/b", 0o1234567)
    assert len(block) == 512
    assert (
        block[:3] + block[100:156]
        == b"a/b" + b"0000644\x000000000\x000000000\x0000001234567\x0000000000000\x00007613\x00 "
    )
    assert block[156:157] + block[257:265] == b"0ustar\x0000"
    assert tarfile.TarInfo.frombuf(block, "ascii", "strict").size == 0o1234567


def _has_gnu_tar() -> bool:
    return (
        shutil.which("tar") is not None
        and "GNU" in subprocess.run(["tar", "--version"], capture_output=True, text=True, check=False).stdout
    )


@pytest.mark.skipif(not _has_gnu_tar(), reason="no GNU tar on this machine")
def test_gnu_tar_writes_the_same_bytes(tmp_path: Path, parcels: list[Parcel]) -> None:
    path, out = tmp_path / "builds.tar", tmp_path / "out"
    write_archive(path, parcels)
    out.mkdir()
    names = subprocess.run(["tar", "-xvf", path], cwd=out, capture_output=True, text=True, check=True).stdout.split()
    nobody = ["--numeric-owner", "--owner=0", "--group=0", "--mtime=@0", "--mode=0644"]
    again: list[str | Path] = [
        *("tar", "--format=ustar", *nobody, "--blocking-factor=1"),
        "-cf",
        tmp_path / "again.tar",
        *names,
    ]
    subprocess.run(again, cwd=out, check=True)
    assert (tmp_path / "again.tar").read_bytes() == path.read_bytes()


def test_nothing_is_overwritten(tmp_path: Path, parcels: list[Parcel]) -> None:
    path = tmp_path / "builds.tar"
    path.symlink_to("elsewhere")
    # It is refused before a byte of a build is read.
    (parcels[0][1] / "scores.safetensors").unlink()
    with pytest.raises(ArchiveError) as error:
        write_archive(path, parcels)
    assert str(error.value) == f"{path} is there already, and nothing is overwritten: give another FILE."
    assert names_in(tmp_path) == ["builds.tar", "store"]


class _Meanwhile(list[Parcel]):
    """Builds; when they are looked at, somebody else writes the file."""

    path: Path

    def __iter__(self) -> Iterator[Parcel]:
        self.path.write_text("another's")
        return super().__iter__()


@pytest.mark.parametrize("has_links", [True, False], ids=["links", "no links"])
def test_nor_is_a_file_that_came_meanwhile(
    tmp_path: Path, parcels: list[Parcel], has_links: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not has_links:
        monkeypatch.setattr(os, "link", _refuse)
    builds = _Meanwhile(parcels)
    builds.path = tmp_path / "builds.tar"
    with pytest.raises(ArchiveError, match="is there already, and nothing is overwritten: give another FILE"):
        write_archive(builds.path, builds)
    assert builds.path.read_text() == "another's"
    assert names_in(tmp_path) == ["builds.tar", "store"]


def _refuse(*_: object) -> None:
    raise PermissionError(1, "Operation not permitted")


def test_a_file_system_without_links_takes_an_archive(
    tmp_path: Path, parcels: list[Parcel], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "link", _refuse)
    digest = write_archive(tmp_path / "new" / "builds.tar", parcels)
    assert hashlib.sha256((tmp_path / "new" / "builds.tar").read_bytes()).hexdigest() == digest
    assert names_in(tmp_path / "new") == ["builds.tar"]


def test_a_full_disk_leaves_nothing(tmp_path: Path, parcels: list[Parcel]) -> None:
    path = tmp_path / "builds.tar"
    with room_for(4000), pytest.raises(ArchiveError) as error:
        write_archive(path, parcels)
    assert str(error.value) == (
        f"{path} cannot be written (File too large): make room or rights there, or give another FILE."
    )
    assert names_in(tmp_path) == ["store"]


def test_a_place_that_cannot_be_written(parcels: list[Parcel]) -> None:
    with pytest.raises(ArchiveError) as error:
        write_archive(Path("/proc/longcon/builds.tar"), parcels)
    assert str(error.value) == (
        "/proc/longcon/builds.tar cannot be written (No such file or directory): "
        "make room or rights there, or give another FILE."
    )


def _flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def _longer(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\0")


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


_OTHER = "the bytes of scores.safetensors are not those of its manifest"
DAMAGES: list[tuple[Callable[[Path], None], str]] = [
    (_flip, _OTHER),
    (_cut, _OTHER),
    (_longer, _OTHER),
    (Path.unlink, "scores.safetensors cannot be read (No such file or directory)"),
    (_folder, "scores.safetensors is no plain file"),
    (_pipe, "scores.safetensors is no plain file"),
]


@pytest.mark.parametrize(("damage", "how"), DAMAGES, ids=["flipped", "cut", "longer", "gone", "folder", "pipe"])
def test_an_altered_build_is_not_sent(
    tmp_path: Path, parcels: list[Parcel], damage: Callable[[Path], None], how: str
) -> None:
    folder = parcels[1][1]
    damage(folder / "scores.safetensors")
    with pytest.raises(StoreError) as error:
        write_archive(tmp_path / "builds.tar", parcels)
    assert str(error.value) == (
        f"Build {folder} was altered: {how}; restore it from a copy, or delete it or give --fresh to retrain."
    )
    assert names_in(tmp_path) == ["store"]


def test_a_manifest_cannot_make_it_send_another_file(tmp_path: Path, parcels: list[Parcel]) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    name, digest = "../../../secret.txt", hashlib.sha256(b"secret").hexdigest()
    key, folder, _ = parcels[0]
    told_otherwise(folder, lambda manifest: manifest["files"].update({name: digest}))
    with pytest.raises(StoreError) as error:
        write_archive(tmp_path / "builds.tar", [(key, folder, None)])
    assert f"was altered: manifest.json names the file '{name}', which no build keeps;" in str(error.value)


def test_a_file_of_more_than_a_tar_can_say(tmp_path: Path, parcels: list[Parcel]) -> None:
    path = parcels[0][1] / "scores.safetensors"
    os.truncate(path, 8**11)
    with pytest.raises(ArchiveError) as error:
        write_archive(tmp_path / "builds.tar", parcels)
    assert str(error.value) == (
        f"{path} has 8,589,934,592 bytes, more than an archive holds: leave build {parcels[0][0]} out."
    )


def test_more_files_than_an_index_holds(tmp_path: Path, parcels: list[Parcel], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("longcon.builds.archive.LARGEST_INDEX", 1000)
    with pytest.raises(ArchiveError) as error:
        write_archive(tmp_path / "builds.tar", parcels)
    assert str(error.value) == "11 files are more than one archive holds: export fewer builds at a time."
    assert names_in(tmp_path) == ["store"]


def test_a_signature_is_of_a_few_kilobytes(tmp_path: Path, parcels: list[Parcel]) -> None:
    root, key = tmp_path / "store", parcels[0][0]
    path = root / "signatures" / f"{key}.json"
    assert signature_of(root, key) == SIGNATURE
    path.write_bytes(bytes((64 << 10) + 1))
    with pytest.raises(StoreError) as error:
        signature_of(root, key)
    assert str(error.value) == f"{path} is larger than any signature: restore it from a copy, or delete it."
    path.unlink()
    path.mkdir()
    with pytest.raises(StoreError) as error:
        signature_of(root, key)
    assert str(error.value) == f"{path} cannot be read (Is a directory): give rights there, or restore it."
