"""The manifest: what sha256sum reads, sorted, and never a way out of the folder."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

import pytest

from longcon.audit.manifest import manifest_of, read_manifest

CONTENTS = {"figures/b.csv": b"2", "audit.html": "é".encode(), "evidence.json": b""}
DIGEST = "0" * 64


def test_it_is_sorted_and_read_back() -> None:
    text = manifest_of(CONTENTS)
    assert [line.split("  ")[1] for line in text.decode().splitlines()] == sorted(CONTENTS)
    assert read_manifest(text) == ({name: hashlib.sha256(CONTENTS[name]).hexdigest() for name in CONTENTS}, ())


def test_sha256sum_reads_it(tmp_path: Path) -> None:
    for name, content in CONTENTS.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    (tmp_path / "MANIFEST.sha256").write_bytes(manifest_of(CONTENTS))
    done = subprocess.run(["sha256sum", "--strict", "-c", "MANIFEST.sha256"], cwd=tmp_path, check=False)
    assert done.returncode == 0


LINES = [
    ("nothing", "changed: MANIFEST.sha256, line 1, is no digest with a file's name."),
    (f"{DIGEST} audit.html", "changed: MANIFEST.sha256, line 1, is no digest with a file's name."),
    (f"{DIGEST.upper()}x  a", "changed: MANIFEST.sha256, line 1, is no digest with a file's name."),
    (f"{DIGEST}  a\rb", "changed: MANIFEST.sha256, line 1, is no digest with a file's name."),
    (f"{DIGEST}  /etc/passwd", "changed: MANIFEST.sha256, line 1, names a file outside the folder."),
    (f"{DIGEST}  ../a", "changed: MANIFEST.sha256, line 1, names a file outside the folder."),
    (f"{DIGEST}  a/../../b", "changed: MANIFEST.sha256, line 1, names a file outside the folder."),
    (f"{DIGEST}  a//b", "changed: MANIFEST.sha256, line 1, names a file outside the folder."),
    (f"{DIGEST}  C:a", "changed: MANIFEST.sha256, line 1, names a file outside the folder."),
    (f"{DIGEST}  MANIFEST.sha256", "changed: MANIFEST.sha256, line 1, names MANIFEST.sha256 where it should not."),
]


@pytest.mark.parametrize(("line", "fault"), LINES, ids=[repr(line[-24:]) for line, _ in LINES])
def test_a_line_that_names_no_file_of_the_folder_is_a_fault(line: str, fault: str) -> None:
    assert read_manifest(f"{line}\n".encode()) == ({}, (fault,))


def test_a_name_twice_and_a_torn_end_are_faults() -> None:
    text = f"{DIGEST}  a\n{DIGEST}  a\n{DIGEST}  b"
    digests, faults = read_manifest(text.encode())
    assert digests == {"a": DIGEST}
    assert faults == (
        "changed: MANIFEST.sha256, line 2, names a where it should not.",
        "changed: MANIFEST.sha256 does not end with a whole line.",
    )
