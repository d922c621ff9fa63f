"""A command of a problem: what is refused and in which words, what it becomes, and what its digest covers."""

from __future__ import annotations

import math
import os
import shlex
import string
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longcon.errors import ProblemError
from longcon.problems.command import PLACEHOLDERS, Command

LINE = "python train.py --seed {seed} --out {out}"
VALUES = {"seed": "3", "out": "/a b/out", "k": "2", "device": "cpu+order:1"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a protocol, beside a file that no command may read."""
    root = tmp_path / "site"
    for name in ("train.py", "data/one.csv", "data/deep/two.csv", "data/.hidden", "data/__pycache__/x.pyc", "run.sh"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)
    (tmp_path / "outside.csv").write_text("outside")
    (root / "out.csv").symlink_to(tmp_path / "outside.csv")
    (root / "round").symlink_to("round")
    (root / "links").mkdir()
    (root / "links" / "data").symlink_to(root / "data")
    os.mkfifo(root / "pipe")
    return root


def _command(folder: Path, line: str = LINE, reads: tuple[str, ...] = (), timeout: float = 60.0) -> Command:
    return Command(line, folder, reads, timeout, parameters=False)


REFUSED: list[tuple[dict[str, Any], str]] = [
    (
        {"line": " "},
        "The command is empty: give a program with its arguments, such as python train.py --seed {seed} --out {out}.",
    ),
    (
        {"line": "'' {out}"},
        "The command is empty: give a program with its arguments, such as python train.py --seed {seed} --out {out}.",
    ),
    (
        {"line": 'python "train.py {out}'},
        "The command 'python \"train.py {out}' cannot be split into arguments (no closing quotation): "
        "quote it as for a shell.",
    ),
    ({"line": "python {out}\0"}, r"The command 'python {out}\x00' holds a character of code 0: remove it."),
    (
        {"line": "python train.py --seed {sed} --out {out}"},
        "The command's placeholder '{sed}' is unknown - did you mean 'seed'?: give {seed}, {out}, {k} or {device}, "
        "and double a brace that is meant as one.",
    ),
    (
        {"line": "python train.py {} --out {out}"},
        "The command's placeholder '{}' is unknown: give {seed}, {out}, {k} or {device}, "
        "and double a brace that is meant as one.",
    ),
    (
        {"line": "python train.py a{b --out {out}"},
        "The command's argument 'a{b' has a single '{': double a brace that is meant as one.",
    ),
    (
        {"line": "python train.py a}b --out {out}"},
        "The command's argument 'a}b' has a single '}': double a brace that is meant as one.",
    ),
    (
        {"line": "python train.py --out {{out}}"},
        "The command lacks {out}: say with it where the scores are to be written, such as --out {out}.",
    ),
    (
        {"line": "pythn3 train.py {out}"},
        "The command's program 'pythn3' is not on PATH - did you mean 'python3'?: install it or give its path.",
    ),
    (
        {"line": "train.py {out}"},
        "The command's program 'train.py' is not on PATH - did you mean './train.py'?: install it or give its path.",
    ),
    (
        {"line": "./run.sh {out}"},
        "The command's program './run.sh' is not an executable file: correct its path, or make it executable.",
    ),
    (
        {"line": "/bin/nowhere {out}"},
        "The command's program '/bin/nowhere' is not an executable file: correct its path, or make it executable.",
    ),
    (
        {"line": "python ../outside.csv {out}"},
        "The command reads '../outside.csv', which does not lie in FOLDER: put it there and name it from there.",
    ),
    (
        {"line": "python /etc/passwd {out}"},
        "The command reads '/etc/passwd', which does not lie in FOLDER: put it there and name it from there.",
    ),
    *[
        (
            {"reads": (name,)},
            f"The command reads {name!r}, which does not lie in FOLDER: put it there and name it from there.",
        )
        for name in ("", "/etc", "../outside.csv", "data/../../outside.csv", "a\0b", "out.csv", "round")
    ],
    (
        {"reads": ("data", "dat/one.csv")},
        "The command reads 'dat/one.csv', which is not in FOLDER: put it there or correct the name.",
    ),
    (
        {"reads": ("data/onw.csv",)},
        "The command reads 'data/onw.csv', which is not in FOLDER - did you mean 'one.csv'?: "
        "put it there or correct the name.",
    ),
    ({"reads": ("pipe",)}, "The command reads 'pipe', which is neither a file nor a folder: list what can be read."),
    (
        {"reads": ("links",)},
        "The command reads 'links/data', which is a link to a folder: list the folder itself instead.",
    ),
    *[
        (
            {"timeout": timeout},
            f"The command's timeout of {timeout:g} seconds is not one: give a positive number, such as 3600.",
        )
        for timeout in (0.0, -1.0, math.nan, math.inf)
    ],
]


@pytest.mark.parametrize(("given", "text"), REFUSED)
def test_what_is_refused(folder: Path, given: dict[str, Any], text: str) -> None:
    with pytest.raises(ProblemError) as error:
        _command(folder, **given)
    assert str(error.value) == text.replace("FOLDER", str(folder))


ARGUMENTS = [
    (LINE, [sys.executable, "train.py", "--seed", "3", "--out", "/a b/out"]),
    ("python3 train.py {out}", [sys.executable, "train.py", "/a b/out"]),
    ("sh -c 'echo $HOME; true' x={out}", ["sh", "-c", "echo $HOME; true", "x=/a b/out"]),
    ("sh {{k}} {k}{device} {{{seed}}} '' {out}", ["sh", "{k}", "2cpu+order:1", "{3}", "", "/a b/out"]),
]


@pytest.mark.parametrize(("line", "arguments"), ARGUMENTS)
def test_a_line_becomes_arguments(folder: Path, line: str, arguments: list[str]) -> None:
    assert _command(folder, line).arguments(VALUES) == arguments


def test_placeholders_in_use(folder: Path) -> None:
    command = _command(folder, "sh {{k}} {seed} {out}")
    assert [name for name in PLACEHOLDERS if command.uses(name)] == ["seed", "out"]


@given(st.lists(st.text(string.printable + "{}{}é", min_size=1), min_size=1), st.text())
def test_any_text_can_be_said_by_quoting_it_and_doubling_its_braces(said: list[str], out: str) -> None:
    """No value is ever split, and no brace of a value is read as a placeholder."""
    escaped = [shlex.quote(text.replace("{", "{{").replace("}", "}}")) for text in said]
    command = _command(Path(__file__).parent, " ".join(["sh", *escaped, "{out}"]))
    assert command.arguments({"out": out}) == ["sh", *said, out]


@given(st.text(), st.text())
def test_whatever_is_given_is_a_command_or_one_sentence(line: str, name: str) -> None:
    texts: list[str] = []
    for given_line, reads in ((line, ()), (f"sh {line} {{out}}", ()), ("sh {out}", (name,))):
        try:
            _command(Path(__file__).parent, given_line, reads)
        except ProblemError as error:
            texts.append(str(error))
    assert all("\n" not in text and text.endswith(".") for text in texts)


READ = [
    (LINE, (), ["train.py"]),
    (LINE, ("data",), ["data/deep/two.csv", "data/one.csv", "train.py"]),
    (LINE, ("data/", "./data/one.csv", "train.py"), ["data/deep/two.csv", "data/one.csv", "train.py"]),
    (LINE, ("data/.hidden",), ["data/.hidden", "train.py"]),
    ("python FOLDER/train.py {out}", (), ["train.py"]),
    ("python -m train {out}", (), []),
    ("/bin/sh run.sh {out}", (), ["run.sh"]),
]


@pytest.mark.parametrize(("line", "reads", "names"), READ)
def test_what_it_reads(folder: Path, line: str, reads: tuple[str, ...], names: list[str]) -> None:
    files = _command(folder, line.replace("FOLDER", str(folder)), reads).files()
    assert list(files) == names
    assert all(path == folder / name for name, path in files.items())


def test_a_program_of_the_users_own_is_read(folder: Path) -> None:
    (folder / "run.sh").chmod(0o755)
    assert list(_command(folder, "./run.sh {out}").files()) == ["run.sh"]


def _changed(path: Path, content: str) -> None:
    path.write_text(content)


CHANGES: dict[str, tuple[Callable[[Path], object], bool]] = {
    "code": (lambda folder: (folder / "train.py").write_text("other"), True),
    "data": (lambda folder: (folder / "data" / "deep" / "two.csv").write_text(""), True),
    "a new file": (lambda folder: (folder / "data" / "three.csv").write_text(""), True),
    "a new name": (lambda folder: (folder / "data" / "one.csv").rename(folder / "data" / "four.csv"), True),
    "one file less": (lambda folder: (folder / "data" / "one.csv").unlink(), True),
    "hidden": (lambda folder: (folder / "data" / ".hidden").write_text("other"), False),
    "Python's cache": (lambda folder: (folder / "data" / "__pycache__" / "x.pyc").write_text("other"), False),
    "unread": (lambda folder: (folder / "other.py").write_text(""), False),
    "time": (lambda folder: os.utime(folder / "train.py", (0, 0)), False),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_digest_covers_what_is_read_and_nothing_else(folder: Path, name: str) -> None:
    change, matters = CHANGES[name]
    command = _command(folder, reads=("data",))
    before = command.digest()
    change(folder)
    assert (command.digest() != before) is matters


def test_a_digest_covers_the_line_but_not_the_place(folder: Path) -> None:
    digest = _command(folder).digest()
    assert _command(folder, LINE + " ").digest() != digest
    moved = folder.rename(folder.with_name("moved"))
    assert _command(moved).digest() == digest


def test_a_file_that_goes_away_is_told(folder: Path) -> None:
    command = _command(folder, reads=("data/one.csv",))
    (folder / "data" / "one.csv").unlink()
    with pytest.raises(ProblemError) as error:
        command.digest()
    assert str(error.value) == (
        f"The command reads 'data/one.csv', which is not in {folder}: put it there or correct the name."
    )


def test_a_file_that_cannot_be_read_is_told() -> None:
    with pytest.raises(ProblemError) as error:
        _command(Path("/proc/self"), "sh {out}", ("mem",)).digest()
    assert str(error.value) == (
        "/proc/self/mem cannot be read (Input/output error), but the command reads it: give rights."
    )
