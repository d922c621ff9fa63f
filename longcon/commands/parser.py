"""The reader of a command's options: every mistake is one sentence, with what was meant where that can be told."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from longcon.errors import LongconError, did_you_mean


class UsageError(LongconError):
    """A command was called in a way that it does not understand."""


class Parser(argparse.ArgumentParser):
    """argparse, but a mistake is raised as a UsageError instead of ending the process.

    Args:
        prog: how a user calls the command.
        description: shown above its options.
    """

    def __init__(self, prog: str, description: str | None = None) -> None:
        super().__init__(
            prog=prog,
            description=description,
            # An abbreviation that works today is ambiguous once another option is added.
            allow_abbrev=False,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )

    def options(self, arguments: Sequence[str]) -> argparse.Namespace:
        """Returns the options that ``arguments`` give.

        Raises:
            UsageError: an option is unknown, lacks its value, or has a wrong one.
        """
        options, left = self.parse_known_intermixed_args(list(arguments))
        if left:
            name = left[0].partition("=")[0]
            if not name.startswith("-"):
                raise UsageError(f"'{name}' is no option of {self.prog}: give options as --name=value.")
            hint = did_you_mean(name, self._option_string_actions)
            raise UsageError(f"Option '{name}' is unknown{hint}: {self.prog} --help lists them.")
        return options

    def error(self, message: str) -> NoReturn:
        """Raises what argparse has to say as a UsageError."""
        name, _, what = message.removeprefix("argument ").partition(": ")
        if what == "expected one argument":
            raise UsageError(f"{name} was given without a value: give it as {name}=VALUE.")
        raise UsageError(f"{message[:1].upper()}{message[1:]}: {self.prog} --help lists the options.")


def whole_number(option: str, least: int) -> Callable[[str], int]:
    """Returns a reader of whole numbers from ``least`` on, for argparse's ``type``."""

    def read(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            raise UsageError(f"{option} is '{text}', which is not a whole number: give one such as 2.") from None
        if value < least:
            raise UsageError(f"{option} is {value}, but must be at least {least}: give {option}={least} or more.")
        return value

    return read


def folder(option: str) -> Callable[[str], Path]:
    """Returns a reader of folders, made absolute, for argparse's ``type``."""
    return _place(option, "folder")


def file(option: str) -> Callable[[str], Path]:
    """Returns a reader of files, made absolute, for argparse's ``type``."""
    return _place(option, "file")


def _place(option: str, kind: str) -> Callable[[str], Path]:
    def read(text: str) -> Path:
        if not text:
            raise UsageError(f"{option} is empty, as an unset variable leaves it: give a {kind} or leave it out.")
        if "://" in text:
            raise UsageError(f"{option} is a URL, and this command reads none there: give a {kind} of this machine.")
        return Path(text).absolute()

    return read


def number(option: str) -> Callable[[str], float]:
    """Returns a reader of numbers, for argparse's ``type``."""

    def read(text: str) -> float:
        try:
            return float(text)
        except ValueError:
            raise UsageError(f"{option} is '{text}', which is not a number: give one such as 0.01.") from None

    return read
