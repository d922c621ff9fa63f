"""Which commands there are: a line here, and a file of the same name beside this one."""

from __future__ import annotations

import argparse
import keyword
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from longcon.commands.parser import Parser


@dataclass(frozen=True)
class Command:
    """A command, kept in ``longcon/commands/<name>.py``; ``<name>_.py`` where Python keeps the name to itself.

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
        name = self.name.replace("-", "_")
        return import_module(f"longcon.commands.{name}{'_' if keyword.iskeyword(name) else ''}")


COMMANDS: tuple[Command, ...] = (
    Command("check-signature", "tell whether builds are as somebody signed them"),
    Command("compare", "tell how far two builds are apart, and which calls differ"),
    Command("divergence", "tell when builds part, on which cases, and how likely a rebuild elsewhere is to"),
    Command("doctor", "say what this machine can do, and whether a store is sound"),
    Command("export", "write builds into one file that travels to another machine"),
    Command("figures", "draw Figures 1 and 2 of the paper from builds of this project"),
    Command("import", "take builds from such a file into a store"),
    Command("list", "list the builds of a store"),
    Command("problem", "write a problem of your own to start from"),
    Command("protocol", "write a protocol to start from"),
    Command("release", "mark a build as the reference, the one that was released"),
    Command("remedy", "try what may make a recipe that fails repeatable, each held against the whole gate"),
    Command("requirements", "write the catalogue of requirements as a page"),
    Command("search", "search learning rate and weight decay, by error and by repeatability"),
    Command("show", "tell everything about one build"),
    Command("sign", "sign builds with a key that you keep in a file"),
    Command("verify", "check that an audit is as it was written"),
)
