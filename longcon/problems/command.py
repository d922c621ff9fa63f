"""A problem as a command: a line of the protocol that trains a classifier in any language and leaves its scores."""

from __future__ import annotations

import hashlib
import json
import math
import re
import shlex
import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from longcon.errors import ProblemError, did_you_mean
from longcon.problems.command_files import digest_of_file, read_files

PLACEHOLDERS = ("seed", "out", "k", "device")
_BRACES = re.compile(r"\{\{|\}\}|\{[^{}]*\}|[{}]")
_DOUBLED = ("{{", "}}")
_PYTHON = ("python", "python3")
_PROGRAMS = ("python", "python3", "Rscript", "julia", "octave", "java", "perl", "bash", "sh")


@dataclass(frozen=True)
class Command:
    """A command that trains a classifier and leaves its scores in a folder.

    Attributes:
        line: the command with its arguments, quoted as for a shell; none is started. ``{seed}``, ``{out}``, ``{k}`` and
            ``{device}`` stand for values, and a doubled brace for a brace.
        folder: where the protocol lies.
        reads: files and folders below ``folder`` that it reads. Arguments that name a file there are read unlisted.
        timeout: seconds after which it is ended.
        parameters: whether it leaves ``parameters.safetensors`` beside the scores.
    """

    line: str
    folder: Path
    reads: tuple[str, ...]
    timeout: float
    parameters: bool

    def __post_init__(self) -> None:
        tokens = self._tokens()
        for token in tokens:
            for match in _BRACES.finditer(token):
                _require_placeholder(match[0], token)
        if not self.uses("out"):
            raise ProblemError(
                "The command lacks {out}: say with it where the scores are to be written, such as --out {out}."
            )
        if not (math.isfinite(self.timeout) and self.timeout > 0):
            raise ProblemError(
                f"The command's timeout of {self.timeout:g} seconds is not one: give a positive number, such as 3600."
            )
        self._require_program(tokens[0])
        self.files()

    def uses(self, placeholder: str) -> bool:
        """Whether the line holds a placeholder, such as ``"seed"``."""
        return any(match[0] == f"{{{placeholder}}}" for token in self._tokens() for match in _BRACES.finditer(token))

    def arguments(self, values: Mapping[str, str]) -> list[str]:
        """Returns the program with its arguments, to be started without a shell.

        Args:
            values: of every placeholder that the line uses; each stays one argument, whatever it holds.
        """
        tokens = [_BRACES.sub(lambda match: _replaced(match[0], values), token) for token in self._tokens()]
        # The interpreter whose packages are installed, not another one that comes first on PATH.
        return [sys.executable, *tokens[1:]] if tokens[0] in _PYTHON else tokens

    def files(self) -> dict[str, Path]:
        """Returns the files that it may read: the name below the folder, and where the file is, in order of names.

        Raises:
            ProblemError: a file is absent, cannot be read, or lies outside the folder.
        """
        return read_files(self.folder, [*self._named_files(), *self.reads])

    def digest(self) -> str:
        """Returns the SHA-256 over the line and over the name and bytes of every file read.

        Raises:
            ProblemError: a file is absent or cannot be read.
        """
        files = [[name, digest_of_file(path)] for name, path in self.files().items()]
        return hashlib.sha256(json.dumps([self.line, files]).encode()).hexdigest()

    def _tokens(self) -> list[str]:
        try:
            tokens = shlex.split(self.line)
        except ValueError as error:
            raise ProblemError(
                f"The command {_quoted(self.line)} cannot be split into arguments ({str(error).lower()}): "
                "quote it as for a shell."
            ) from error
        if not tokens or not tokens[0]:
            raise ProblemError(
                "The command is empty: give a program with its arguments, such as "
                "python train.py --seed {seed} --out {out}."
            )
        if "\0" in self.line:
            raise ProblemError(f"The command {_quoted(self.line)} holds a character of code 0: remove it.")
        return tokens

    def _require_program(self, token: str) -> None:
        if token in _PYTHON:
            return
        if "/" not in token:
            if shutil.which(token) is None:
                own = did_you_mean(f"./{token}", [f"./{token}"] if _is_file(self.folder / token) else [])
                hint = own or did_you_mean(token, _PROGRAMS)
                raise ProblemError(
                    f"The command's program {token!r} is not on PATH{hint}: install it or give its path."
                )
        elif shutil.which(str(self.folder.absolute() / token)) is None:
            raise ProblemError(
                f"The command's program {token!r} is not an executable file: correct its path, or make it executable."
            )

    def _named_files(self) -> Iterator[str]:
        """Yields the arguments that name a file, by its name below the folder; one that is elsewhere as it stands."""
        root = self.folder.absolute()
        for place, token in enumerate(map(_unescaped, self._tokens())):
            # A program that is installed is software, as the interpreter is, and no file of the problem's.
            is_software = place == 0 and ("/" not in token or Path(token).is_absolute())
            if not is_software and _is_file(root / token):
                yield str(Path(token).relative_to(root)) if Path(token).is_relative_to(root) else token


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # too long for a name
        return False


def _require_placeholder(found: str, token: str) -> None:
    if found in _DOUBLED or found[1:-1] in PLACEHOLDERS:
        return
    if len(found) == 1:
        raise ProblemError(
            f"The command's argument {_quoted(token)} has a single '{found}': double a brace that is meant as one."
        )
    hint = did_you_mean(found[1:-1], PLACEHOLDERS)
    raise ProblemError(
        f"The command's placeholder {_quoted(found)} is unknown{hint}: give {{seed}}, {{out}}, {{k}} or {{device}}, "
        "and double a brace that is meant as one."
    )


def _replaced(found: str, values: Mapping[str, str]) -> str:
    return found[0] if found in _DOUBLED else values[found[1:-1]]


def _unescaped(token: str) -> str:
    return _BRACES.sub(lambda match: match[0][0] if match[0] in _DOUBLED else match[0], token)


def _quoted(text: str) -> str:
    return repr(text if len(text) <= 80 else f"{text[:80]}...")
