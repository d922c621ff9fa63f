"""The log of a command: its end is kept while it is read, and quoted where the command is to blame."""

from __future__ import annotations

from longcon.errors import BuildError

KEPT = 64 << 10
_LINES = 5
_LETTERS = 600


class Tail:
    """The last bytes of a stream, however long it is."""

    def __init__(self) -> None:
        self._kept = bytearray()

    def add(self, piece: bytes) -> None:
        """Takes the next bytes and forgets what lies too far back."""
        self._kept += piece
        del self._kept[:-KEPT]

    def text(self) -> str:
        """Returns the bytes kept as text; those that are none are replaced."""
        return self._kept.decode(errors="replace")


def with_log(error: BuildError, log: str) -> BuildError:
    """Returns the error with the end of the command's log, as one sentence that steers no terminal."""
    sentence = str(error).removesuffix(".")
    end = _end(log)
    return BuildError(f"{sentence}; the end of its log: {end}" if end else f"{sentence}; its log is empty.")


def _end(log: str) -> str:
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    shown = " | ".join(map(_harmless, lines[-_LINES:]))
    return shown if len(shown) <= _LETTERS else f"...{shown[-_LETTERS:]}"


def _harmless(line: str) -> str:
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode("ascii") for letter in line
    )
