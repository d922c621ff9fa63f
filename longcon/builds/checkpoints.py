"""The last checkpoint of a build while it is trained: a file that is whole or absent, written now and then."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from pathlib import Path

from longcon.builds.files import write_file
from longcon.errors import StoreError
from longcon.training.checkpoint import Checkpoint, unusable
from longcon.training.checkpoint_bytes import of_bytes, to_bytes

SECONDS_BETWEEN = 10.0
# A large network's checkpoint takes seconds to write; training waits for it, and should not wait longer than this.
_SHARE = 0.05


class Checkpoints:
    """The checkpoint file of one request.

    Args:
        path: of the file.
        key: of the request; a checkpoint of another one is refused.
        seconds_between: of training, at least, from one checkpoint to the next and before the first; there are also
            at least twenty times as many as the last one took.
        note: told, once, why no more checkpoints are written.
        clock: seconds from any start on; never goes back.
    """

    def __init__(
        self,
        path: Path,
        key: str,
        seconds_between: float,
        note: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._path, self._key, self._between, self._note, self._clock = path, key, seconds_between, note, clock
        self._due = clock() + seconds_between

    def read(self) -> Checkpoint | None:
        """Returns the last checkpoint, None where there is none.

        Raises:
            StoreError: it cannot be read, was altered, or is of another request.
        """
        try:
            content = self._path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise unusable(f"it cannot be read ({error.strerror})") from error
        return of_bytes(content, self._key)

    def offer(self, make: Callable[[], Checkpoint]) -> None:
        """Writes a checkpoint where one is due, in place of the last one; nothing is made where none is."""
        begun = self._clock()
        if begun < self._due:
            return
        try:
            write_file(self._path, to_bytes(make(), self._key))
        except StoreError as error:
            self._due = math.inf
            self._note(f"Training goes on without checkpoints. {error}")
            return
        ended = self._clock()
        self._due = ended + max(self._between, (ended - begun) / _SHARE)
