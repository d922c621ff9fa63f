"""What is heard of a build while workers train it: how far it is, and that another worker trains it now."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from longcon.builds.executor import OnEpoch, OnNote


class Listener:
    """Tells what is heard of a build, however often it is sent.

    Args:
        title: of the build.
        label: names a worker in a sentence, by its address.
        on_epoch: called with the number of every epoch that is heard of.
        on_note: called with what the user should read.
    """

    def __init__(self, title: str, label: Callable[[str], str], on_epoch: OnEpoch, on_note: OnNote) -> None:
        self._title, self._label, self._on_epoch, self._on_note = title, label, on_epoch, on_note
        self._trains_at: str | None = None

    def hear(self, message: Mapping[str, Any]) -> None:
        """Tells a message on: that another worker trains the build now comes first."""
        if "epoch" in message:
            worker = message["worker"]
            if self._trains_at not in (None, worker):
                self._on_note(f"Worker {self._trains_at} has gone: {self._title} is trained by {self._label(worker)}.")
            self._trains_at = worker
            self._on_epoch(int(message["epoch"]))
        if "note" in message:
            self._on_note(str(message["note"]))
