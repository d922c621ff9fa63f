"""The commands of ``python -m longcon``, one file each; ``registry`` names them."""

from longcon.commands.parser import Parser, UsageError
from longcon.commands.registry import COMMANDS, Command

__all__ = ["COMMANDS", "Command", "Parser", "UsageError"]
