"""The line of progress: rewritten on a terminal, added elsewhere, and no reason to stop where nobody reads."""

from __future__ import annotations

import io
import os

import pytest

from longcon.progress import ProgressLine, clock


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_on_a_terminal_the_last_line_is_rewritten_until_one_is_kept() -> None:
    terminal = Terminal()
    line = ProgressLine(terminal, lead="\n")
    line.tell("one", keep=False)
    line.tell("two", keep=True)
    assert terminal.getvalue() == "\r\x1b[2Kone\r\x1b[2Ktwo\n"


def test_elsewhere_lines_are_added_after_their_lead() -> None:
    stream = io.StringIO()
    ProgressLine(stream, lead="\n").tell("one", keep=False)
    assert stream.getvalue() == "\none\n"


def test_a_reader_that_is_gone_stops_nothing() -> None:
    read, write = os.pipe()
    os.close(read)
    stream = os.fdopen(write, "w")
    ProgressLine(stream).tell("one", keep=True)
    with pytest.raises(OSError, match="Broken pipe"):
        stream.close()


@pytest.mark.parametrize(
    ("seconds", "said"), [(0.4, "0 s"), (59.6, "1 min 0 s"), (61, "1 min 1 s"), (4020, "1 h 7 min")]
)
def test_a_time_in_words(seconds: float, said: str) -> None:
    assert clock(seconds) == said
