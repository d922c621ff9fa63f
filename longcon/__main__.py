"""The command line: ``python -m longcon COMMAND``.

Exit codes: 0 done; 1 a build could not be trained; 2 interrupted; 4 a mistake in what was given, told in one sentence.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import longcon
from longcon.commands import COMMANDS, UsageError
from longcon.errors import BuildError, CutoffError, LongconError, RunEndedError, did_you_mean

# What the classifier or its training does is no mistake of the one who asked.
_FINDINGS = (BuildError, CutoffError, RunEndedError)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command and returns the exit code.

    Args:
        arguments: the command and its options; those of the process when None.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given[:1] in (["--help"], ["-h"]):
        sys.stdout.write(_overview())
        return 0
    if given[:1] == ["--version"]:
        sys.stdout.write(f"longcon {longcon.__version__}\n")
        return 0
    try:
        return _run(given)
    except LongconError as error:
        sys.stderr.write(f"ERROR: {error}\n")
        return 1 if isinstance(error, _FINDINGS) else 4
    except KeyboardInterrupt:
        sys.stderr.write(
            "ERROR: Interrupted: run the same command again, and what the store holds is not done twice.\n"
        )
        return 2


def _run(given: list[str]) -> int:
    names = [command.name for command in COMMANDS]
    offered = f"give {', '.join(names[:-1])} or {names[-1]}, or --help"
    if not given:
        raise UsageError(f"No command was given: {offered}.")
    command = next((command for command in COMMANDS if command.name == given[0]), None)
    if command is None:
        hint = did_you_mean(given[0], names)
        raise UsageError(f"Command '{given[0]}' is unknown{hint}: {offered}.")
    return command.run(command.parse(given[1:]))


def _overview() -> str:
    width = max(len(command.name) for command in COMMANDS)
    lines = [f"    {command.name:{width}}  {command.summary}" for command in COMMANDS]
    return (
        "usage: python -m longcon COMMAND [--name=value ...]\n\n"
        + "\n".join(lines)
        + "\n\n`python -m longcon COMMAND --help` lists a command's options; `pytest validation` runs the validation.\n"
    )


if __name__ == "__main__":
    raise SystemExit(main())
