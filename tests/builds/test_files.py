"""Files: whole or absent, also on a file system that refuses."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from longcon.builds.files import publish_folder, write_file
from longcon.errors import StoreError


def test_a_file_is_replaced_whole_and_leaves_nothing_aside(tmp_path: Path) -> None:
    write_file(tmp_path / "a" / "file", b"one")
    write_file(tmp_path / "a" / "file", b"two")
    assert (tmp_path / "a" / "file").read_bytes() == b"two"
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["file"]


def test_a_folder_replaces_a_former_one(tmp_path: Path) -> None:
    for content in (b"one", b"two"):
        write_file(tmp_path / "aside" / "file", content)
        publish_folder(tmp_path / "aside", tmp_path / "final")
    assert (tmp_path / "final" / "file").read_bytes() == b"two"
    assert [path.name for path in tmp_path.iterdir()] == ["final"]


def test_a_folder_that_could_not_be_replaced_is_there_as_before(tmp_path: Path) -> None:
    """What is to take its place lies in it, so that the second of two renames fails."""
    write_file(tmp_path / "final" / "file", b"one")
    write_file(tmp_path / "final" / "aside" / "file", b"two")
    with pytest.raises(StoreError) as error:
        publish_folder(tmp_path / "final" / "aside", tmp_path / "final")
    assert str(error.value) == (
        f"{tmp_path / 'final'} could not be written (No such file or directory): "
        "make room or rights there, or give another --store."
    )
    assert (tmp_path / "final" / "file").read_bytes() == b"one"
    assert [path.name for path in tmp_path.iterdir()] == ["final"]


def test_an_interrupted_write_leaves_nothing_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: int) -> None:
        raise KeyboardInterrupt

    write_file(tmp_path / "file", b"former")
    monkeypatch.setattr("os.fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_file(tmp_path / "file", b"new")
    assert (tmp_path / "file").read_bytes() == b"former"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_write_that_the_system_refuses_leaves_the_former_file(tmp_path: Path) -> None:
    """A limit on the size of files makes the kernel refuse a write as a full disk does."""
    write_file(tmp_path / "file", b"former")
    code = (
        "import resource, sys; from pathlib import Path; from longcon.builds.files import write_file;"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000)); write_file(Path(sys.argv[1]), bytes(5000))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "file"],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert done.stderr.splitlines()[-1] == (
        f"longcon.errors.StoreError: {tmp_path / 'file'} could not be written (File too large): "
        "make room or rights there, or give another --store."
    )
    assert (tmp_path / "file").read_bytes() == b"former"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_place_that_cannot_be_written() -> None:
    with pytest.raises(StoreError) as error:
        write_file(Path("/proc/longcon/file"), b"")
    assert str(error.value) == (
        "/proc/longcon/file could not be written (No such file or directory): "
        "make room or rights there, or give another --store."
    )
