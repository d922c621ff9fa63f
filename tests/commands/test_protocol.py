"""python -m longcon protocol init: writes a protocol that can be read, and never over another file."""

from __future__ import annotations

from pathlib import Path

import pytest

from longcon.__main__ import main
from longcon.protocol import read_protocol, template

ASK = "give python -m longcon protocol init."
MISTAKES = [
    ([], f"No action was given: {ASK}"),
    (["inti"], f"Action 'inti' is unknown - did you mean 'init'?: {ASK}"),
    (["check"], f"Action 'check' is unknown: {ASK}"),
    (["init", "x"], "'x' is no option of python -m longcon protocol: give options as --name=value."),
    (["init", "--out="], "--out is empty, as an unset variable leaves it: give a file or leave it out."),
    (
        ["init", "--ot=x"],
        "Option '--ot' is unknown - did you mean '--out'?: python -m longcon protocol --help lists them.",
    ),
]


@pytest.mark.parametrize(("arguments", "sentence"), MISTAKES, ids=[" ".join(a) or "nothing" for a, _ in MISTAKES])
def test_a_mistake_is_one_sentence(
    arguments: list[str],
    sentence: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["protocol", *arguments]) == 4
    assert capsys.readouterr() == ("", f"ERROR: {sentence}\n")
    assert not list(tmp_path.iterdir())


def test_it_writes_a_protocol_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["protocol", "init"]) == 0
    file = tmp_path / "protocol.toml"
    assert capsys.readouterr() == (f"{file}\n", "")
    assert file.read_text(encoding="utf-8") == template()
    assert read_protocol(file).file == file


def test_it_writes_over_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine.toml").write_text("mine")
    (tmp_path / "link.toml").symlink_to("nowhere")
    for name in ("mine.toml", "link.toml"):
        assert main(["protocol", "init", f"--out={tmp_path / name}"]) == 4
        assert capsys.readouterr().err == (
            f"ERROR: {tmp_path / name} is there already, and a protocol is not overwritten: give another --out.\n"
        )
    assert (tmp_path / "mine.toml").read_text() == "mine"
    assert (tmp_path / "link.toml").is_symlink()
