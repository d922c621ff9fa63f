"""Which commands there are: a line here, and a file of the same name beside this one."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from longcon.commands.parser import Parser


@dataclass(frozen=True)
class Command:
    """A command, kept in ``longcon/commands/<name>.py``.

    That file offers ``add_options(parser: Parser) -> None`` and ``run(options: argparse.Namespace) -> int``, which
    returns the exit code. It is imported when the command is given, so that no command waits for another's libraries.

    Attributes:
        name: as the user gives it.
        summary: what it does, in a few words.
    """

    name: str
    summary: str

    @property
    def prog(self) -> str:
        """How a user calls it."""
        return f"python -m longcon {self.name}"

    def parse(self, arguments: list[str]) -> argparse.Namespace:
        """Returns the options that ``arguments`` give.

        Raises:
            UsageError: an option is unknown, lacks its value, or has a wrong one.
        """
        parser = Parser(prog=self.prog, description=self._module().__doc__)
        add_options: Callable[[Parser], None] = self._module().add_options
        add_options(parser)
        return parser.options(arguments)

    def run(self, options: argparse.Namespace) -> int:
        """Runs the command and returns its exit code.

        Raises:
            LongconError: it could not do what was asked; the text is one sentence.
        """
        run: Callable[[argparse.Namespace], int] = self._module().run
        return run(options)

    def _module(self) -> Any:
        return import_module(f"longcon.commands.{self.name.replace('-', '_')}")


COMMANDS: tuple[Command, ...] = (
    Command("divergence", "tell when builds part, on which cases, and how likely a rebuild elsewhere is to"),
    Command("figures", "draw Figures 1 and 2 of the paper from builds of this project"),
    Command("problem", "write a problem of your own to start from"),
    Command("protocol", "write a protocol to start from"),
    Command("requirements", "write the catalogue of requirements as a page"),
    Command("verify", "check that an audit is as it was written"),
)
