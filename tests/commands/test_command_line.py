"""The command line's frame: what is called, what is refused and in which words, and the exit codes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from longcon.__main__ import main
from longcon.commands import COMMANDS
from longcon.errors import BuildError, StoreError

ROOT = Path(__file__).parents[2]

OFFERED = (
    "give check-signature, compare, divergence, doctor, export, figures, import, list, problem, protocol, "
    "release, remedy, requirements, search, show, sign or verify, or --help."
)
MISTAKES = [
    ([], f"No command was given: {OFFERED}"),
    (["figurs"], f"Command 'figurs' is unknown - did you mean 'figures'?: {OFFERED}"),
    (["validate"], f"Command 'validate' is unknown: {OFFERED}"),
    (["figures"], "--out is missing: give the folder for the figures, such as --out=figures."),
    (["figures", "--out="], "--out is empty, as an unset variable leaves it: give a folder or leave it out."),
    (["figures", "--out"], "--out was given without a value: give it as --out=VALUE."),
    (
        ["figures", "--ot=x"],
        "Option '--ot' is unknown - did you mean '--out'?: python -m longcon figures --help lists them.",
    ),
    (["figures", "x"], "'x' is no option of python -m longcon figures: give options as --name=value."),
    (["figures", "--epochs=two"], "--epochs is 'two', which is not a whole number: give one such as 2."),
    (["figures", "--epochs=0"], "--epochs is 0, but must be at least 1: give --epochs=1 or more."),
    (["figures", "--seed=-1"], "--seed is -1, but must be at least 0: give --seed=0 or more."),
    (["figures", "--store="], "--store is empty, as an unset variable leaves it: give a folder or leave it out."),
    (
        ["figures", "--store=s3://bucket/lab"],
        "--store is a URL, and this command reads none there: give a folder of this machine.",
    ),
    (
        ["figures", "--fresh=yes"],
        "Argument --fresh: ignored explicit argument 'yes': python -m longcon figures --help lists the options.",
    ),
]


@pytest.mark.parametrize(("arguments", "sentence"), MISTAKES, ids=[" ".join(a) or "nothing" for a, _ in MISTAKES])
def test_a_mistake_is_one_sentence(arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 4
    assert capsys.readouterr() == ("", f"ERROR: {sentence}\n")


@pytest.mark.parametrize("name", [command.name for command in COMMANDS])
def test_every_command_is_there_and_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    assert f"\n    {name} " in capsys.readouterr().out
    with pytest.raises(SystemExit) as ended:
        main([name, "--help"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith(f"usage: python -m longcon {name} [")


@pytest.mark.parametrize(
    ("raised", "code", "said"),
    [
        (StoreError("The store is full: make room."), 4, "ERROR: The store is full: make room.\n"),
        (BuildError("Training became non-finite."), 1, "ERROR: Training became non-finite.\n"),
        (
            KeyboardInterrupt(),
            2,
            "ERROR: Interrupted: run the same command again, and what the store holds is not done twice.\n",
        ),
    ],
    ids=["mistake", "finding", "interrupt"],
)
def test_what_a_command_raises_decides_the_exit_code(
    raised: BaseException, code: int, said: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> int:
        raise raised

    monkeypatch.setattr("longcon.commands.figures.run", fail)
    assert main(["figures", "--out=x"]) == code
    assert capsys.readouterr().err == said


def test_the_process_ends_with_the_exit_code() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "longcon", "figurs"], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout) == (4, "")
    assert done.stderr == f"ERROR: {MISTAKES[1][1]}\n"
    assert "Traceback" not in done.stderr
