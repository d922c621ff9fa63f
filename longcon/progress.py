"""A line that says how far something is, rewritten on a terminal and added now and then elsewhere."""

from __future__ import annotations

import contextlib
import math
import threading
import time
from typing import TextIO

_SECONDS_BETWEEN_LINES = {True: 0.2, False: 10.0}


class ProgressLine:
    """Writes progress to a stream: on a terminal over the last line, elsewhere a line every ten seconds.

    Args:
        stream: written to.
        lead: written before each line that is added, to end what somebody else began.

    Attributes:
        live: whether the stream is a terminal.
        lock: held by whoever tells something, since builds report from many threads.
    """

    def __init__(self, stream: TextIO, lead: str = "") -> None:
        self._stream, self._lead = stream, lead
        self.live = stream.isatty()
        self.lock = threading.Lock()
        self._shown = -math.inf

    def reading(self, what: str, done: int, total: int) -> None:
        """Shows how much of the data has been read or written."""
        with self.lock:
            if total and self.due(at_once=done >= total):
                self.tell(f"longcon: {what}: {min(1.0, done / total):.0%}", keep=done >= total)

    def due(self, *, at_once: bool) -> bool:
        """Whether it is time for a line; if it is, the time until the next begins."""
        now = time.monotonic()
        if not at_once and now - self._shown < _SECONDS_BETWEEN_LINES[self.live]:
            return False
        self._shown = now
        return True

    def tell(self, text: str, *, keep: bool) -> None:
        """Writes a line; on a terminal the next one is written over it unless it is to be kept."""
        with contextlib.suppress(OSError):  # nobody reads any more; that is no reason to stop training
            rewritten = f"\r\x1b[2K{text}" + ("\n" if keep else "")
            self._stream.write(rewritten if self.live else f"{self._lead}{text}\n")
            self._stream.flush()


def clock(seconds: float) -> str:
    """Returns a time in words, to the second, or to the minute where it is hours."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
