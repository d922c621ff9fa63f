"""The folder: whole or absent, and nothing of somebody else's is ever removed."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from longcon.audit import AuditError, publish, remove, require_replaceable
from longcon.builds.files import write_file

FILES = {"audit.html": b"<p>", "figures/a.svg": b"<svg>"}


def _tree(place: Path) -> list[str]:
    return sorted(path.relative_to(place).as_posix() for path in place.rglob("*"))


def test_it_is_written_whole(tmp_path: Path) -> None:
    digest = publish(tmp_path / "audit", FILES)
    assert _tree(tmp_path / "audit") == ["MANIFEST.sha256", "audit.html", "figures", "figures/a.svg"]
    assert _tree(tmp_path)[0] == "audit"
    assert len(_tree(tmp_path)) == 5
    assert hashlib.sha256((tmp_path / "audit" / "MANIFEST.sha256").read_bytes()).hexdigest() == digest


def test_an_audit_as_it_was_written_is_replaced_and_removed(tmp_path: Path) -> None:
    place = tmp_path / "audit"
    publish(place, FILES)
    require_replaceable(place)
    remove(place)
    publish(place, {"evidence.json": b"{}"})
    assert _tree(place) == ["MANIFEST.sha256", "evidence.json"]
    remove(place)
    assert _tree(tmp_path) == []
    remove(place)


def test_an_empty_folder_and_none_may_be_written(tmp_path: Path) -> None:
    require_replaceable(tmp_path / "none" / "audit")
    require_replaceable(tmp_path)
    publish(tmp_path, FILES)
    assert (tmp_path / "audit.html").read_bytes() == b"<p>"


def test_a_folder_that_cannot_be_renamed_over_is_written_file_by_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "is_mount", lambda self: self == tmp_path)
    written: list[str] = []

    def write(path: Path, content: bytes) -> None:
        written.append(path.name)
        write_file(path, content)

    monkeypatch.setattr("longcon.audit.folder.write_file", write)
    publish(tmp_path, FILES)
    assert written == ["audit.html", "a.svg", "MANIFEST.sha256"]


def test_what_came_into_the_folder_during_a_run_stays(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    publish(tmp_path, FILES)
    assert _tree(tmp_path) == ["MANIFEST.sha256", "audit.html", "figures", "figures/a.svg", "mine"]


def test_what_longcon_did_not_write_is_refused(tmp_path: Path) -> None:
    for name in ("d", "b", "a", "c"):
        (tmp_path / name).write_text("mine")
    with pytest.raises(AuditError) as told:
        require_replaceable(tmp_path)
    assert str(told.value) == (
        f"{tmp_path} holds files that longcon did not write (a, b, c and 1 more): "
        "move them elsewhere, or give another --audit."
    )
    assert _tree(tmp_path) == ["a", "b", "c", "d"]


def test_a_file_beside_an_audit_is_refused_and_so_is_an_audit_that_was_changed(tmp_path: Path) -> None:
    publish(tmp_path, FILES)
    (tmp_path / "figures" / "signed.pdf").write_text("mine")
    with pytest.raises(AuditError, match=r"did not write \(figures/signed.pdf\)"):
        require_replaceable(tmp_path)
    (tmp_path / "figures" / "signed.pdf").unlink()
    (tmp_path / "audit.html").write_text("signed")
    with pytest.raises(AuditError) as told:
        require_replaceable(tmp_path)
    assert str(told.value) == (
        f"{tmp_path} holds an audit that was changed since it was written (audit.html): "
        "move it elsewhere, or give another --audit."
    )


def test_a_link_in_the_place_of_a_file_is_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside.html"
    outside.write_bytes(FILES["audit.html"])
    place = tmp_path / "audit"
    publish(place, FILES)
    (place / "audit.html").unlink()
    (place / "audit.html").symlink_to(outside)
    with pytest.raises(AuditError, match="was changed since"):
        require_replaceable(place)


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "audit").write_text("mine")
    with pytest.raises(AuditError) as told:
        require_replaceable(tmp_path / "audit")
    assert str(told.value) == f"{tmp_path}/audit is a file, but an audit is a folder: give another --audit."


def test_a_place_that_cannot_be_written_is_told_before_anything_is_trained() -> None:
    with pytest.raises(AuditError) as told:
        require_replaceable(Path("/proc/longcon/audit"))
    assert str(told.value) == (
        "The audit /proc/longcon/audit cannot be written (No such file or directory): "
        "make room or rights there, or give another --audit."
    )
