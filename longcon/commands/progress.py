"""Progress of a command on standard error, with an estimate of the time that is left."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Mapping

from longcon.builds import BuildEvent

# Share of the work that must be done before its pace tells anything: the start of a process is no training.
_TELLING = 0.02
_SECONDS_BETWEEN_LINES = {True: 0.2, False: 10.0}


class Progress:
    """Tells how far reading and training are.

    On a terminal one line is rewritten; elsewhere a line is added every ten seconds and for every finished build.

    Args:
        work: of each build, by its title, in any one unit; builds of the store cost nothing.
    """

    def __init__(self, work: Mapping[str, float]) -> None:
        self._work = work
        self._live = sys.stderr.isatty()
        self._lock = threading.Lock()
        self._shown = -_SECONDS_BETWEEN_LINES[False]
        self._started: float | None = None
        self._shares: dict[str, float] = {}
        self._stored: set[str] = set()

    def reading(self, what: str, done: int, total: int) -> None:
        """Shows how much of the data has been read or written."""
        with self._lock:
            if total and self._due(at_once=done >= total):
                self._write(f"longcon: {what}: {min(1.0, done / total):.0%}", keep=done >= total)

    def building(self, event: BuildEvent) -> None:
        """Shows how far the builds are; may be called from any thread."""
        with self._lock:
            if event.note:
                self._write(f"longcon: {event.note}", keep=True)
            self._shares[event.title] = event.epoch / event.epochs
            if event.trained:
                self._started = self._started or time.monotonic()
            else:
                self._stored.add(event.title)
            finished = event.epoch == event.epochs
            if self._due(at_once=finished and not self._live):
                self._write(self._sentence(event), keep=False)

    def done(self) -> None:
        """Tells how many builds there were and how long their training took."""
        trained = len(self._shares) - len(self._stored)
        text = f"longcon: all {len(self._shares)} builds are there"
        if trained and self._started is not None:
            text += f", {trained} of them trained in {_clock(time.monotonic() - self._started)}"
        with self._lock:
            self._write(text, keep=True)

    def _sentence(self, event: BuildEvent) -> str:
        ready = sum(share == 1.0 for share in self._shares.values())
        count = f"longcon: {ready} of {len(self._work)} builds ready"
        return f"{count}; {event.title}: epoch {event.epoch} of {event.epochs}{self._estimate()}"

    def _estimate(self) -> str:
        left = {title: work for title, work in self._work.items() if title not in self._stored}
        done = sum(work * self._shares.get(title, 0.0) for title, work in left.items())
        if self._started is None or done < _TELLING * sum(left.values()):
            return ""
        return f"; about {_clock((time.monotonic() - self._started) * (sum(left.values()) / done - 1))} left"

    def _due(self, *, at_once: bool) -> bool:
        now = time.monotonic()
        if not at_once and now - self._shown < _SECONDS_BETWEEN_LINES[self._live]:
            return False
        self._shown = now
        return True

    def _write(self, text: str, *, keep: bool) -> None:
        with contextlib.suppress(OSError):  # nobody reads any more; that is no reason to stop training
            sys.stderr.write(f"\r\x1b[2K{text}" + ("\n" if keep else "") if self._live else f"{text}\n")
            sys.stderr.flush()


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
