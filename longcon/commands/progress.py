"""Progress of a command on standard error, with an estimate of the time that is left."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping

from longcon.builds import BuildEvent
from longcon.progress import ProgressLine, clock

# Share of the work that must be done before its pace tells anything: the start of a process is no training.
_TELLING = 0.02


class Progress:
    """Tells how far reading and training are.

    Where standard error is no terminal, a line is added for every finished build too.

    Args:
        work: of each build, by its title, in any one unit; builds of the store cost nothing.
    """

    def __init__(self, work: Mapping[str, float]) -> None:
        self._work = work
        self._line = ProgressLine(sys.stderr)
        self.reading = self._line.reading
        self._started: float | None = None
        self._shares: dict[str, float] = {}
        self._stored: set[str] = set()

    def building(self, event: BuildEvent) -> None:
        """Shows how far the builds are; may be called from any thread."""
        with self._line.lock:
            if event.note:
                self._line.tell(f"longcon: {event.note}", keep=True)
            self._shares[event.title] = event.epoch / event.epochs
            if event.trained:
                self._started = self._started or time.monotonic()
            else:
                self._stored.add(event.title)
            finished = event.epoch == event.epochs
            if self._line.due(at_once=finished and not self._line.live):
                self._line.tell(self._sentence(event), keep=False)

    def done(self) -> None:
        """Tells how many builds there were and how long their training took."""
        trained = len(self._shares) - len(self._stored)
        text = f"longcon: all {len(self._shares)} builds are there"
        if trained and self._started is not None:
            text += f", {trained} of them trained in {clock(time.monotonic() - self._started)}"
        with self._line.lock:
            self._line.tell(text, keep=True)

    def _sentence(self, event: BuildEvent) -> str:
        ready = sum(share == 1.0 for share in self._shares.values())
        count = f"longcon: {ready} of {len(self._work)} builds ready"
        return f"{count}; {event.title}: epoch {event.epoch} of {event.epochs}{self._estimate()}"

    def _estimate(self) -> str:
        left = {title: work for title, work in self._work.items() if title not in self._stored}
        done = sum(work * self._shares.get(title, 0.0) for title, work in left.items())
        if self._started is None or done < _TELLING * sum(left.values()):
            return ""
        return f"; about {clock((time.monotonic() - self._started) * (sum(left.values()) / done - 1))} left"
