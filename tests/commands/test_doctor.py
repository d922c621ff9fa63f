"""python -m longcon doctor: what it prints, and its exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

import longcon
from longcon.__main__ import main
from longcon.commands import doctor
from longcon.commands.doctor_machine import DeviceFound
from tests.builds.small_builds import small_store, tree
from tests.commands.doctor_findings import GPU, SOUND


def _doctor(monkeypatch: pytest.MonkeyPatch, *options: str, devices: tuple[DeviceFound, ...] = (SOUND,)) -> int:
    """Runs the command on devices that were found already: finding all of them takes most of a minute."""
    monkeypatch.setattr(doctor, "devices_found", lambda **_: devices)
    return main(["doctor", *options])


def test_a_store_that_is_not_there_is_no_mistake(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _doctor(monkeypatch, f"--store={tmp_path / 'absent'}") == 0
    assert f"\nstore {tmp_path / 'absent'}\n  no store there yet\n" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


def test_an_altered_build_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    keys = small_store(tmp_path, 1, 2)
    (tmp_path / "builds" / keys[0] / "note.txt").write_text("")
    before = tree(tmp_path, "")
    assert _doctor(monkeypatch, f"--store={tmp_path}") == 1
    out, said = capsys.readouterr()
    assert out.splitlines()[-1] == "wrong: the store holds 1 altered build"
    assert f"\n  Build {tmp_path / 'builds' / keys[0]} was altered: note.txt was added; " in out
    assert said.splitlines()[-1] == "longcon: verifying builds: 100%"
    assert tree(tmp_path, "") == before


def test_no_effective_surrogate_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _doctor(monkeypatch, f"--store={tmp_path}", devices=(GPU,)) == 1


def test_a_file_is_no_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    assert _doctor(monkeypatch, f"--store={tmp_path / 'file'}") == 4
    assert capsys.readouterr().err == (
        f"ERROR: {tmp_path / 'file'} is no folder, but a store is one: give another --store.\n"
    )


def test_json_is_one_object(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    keys = small_store(tmp_path, 1, 2)
    (tmp_path / "builds" / keys[0] / "scores.safetensors").unlink()
    assert _doctor(monkeypatch, "--json", f"--store={tmp_path}") == 1
    data = json.loads(capsys.readouterr().out)
    assert data["versions"]["longcon"] == longcon.__version__
    assert data["versions"]["torch"] == torch.__version__
    assert data["shape"]["features"] == 5000
    cpu = data["devices"][0]
    assert (cpu["name"], cpu["numeric_class"]) == ("cpu", SOUND.numeric_class)
    assert {one["name"] for one in cpu["surrogates"] if one["effective"]} == {"order:1"}
    store = data["store"]
    assert (store["folder"], store["sound"], store["writable"]) == (str(tmp_path), 1, True)
    assert store["altered"][0].startswith(f"Build {tmp_path / 'builds' / keys[0]} was altered: scores.safetensors is ")
    assert data["failures"] == ["the store holds 1 altered build"]
