"""What became of injected faults, counted by kind."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, get_args

from longcon.errors import LongconError

Fate = Literal["survived", "detected", "lost", "wrong"]
FATES: tuple[Fate, ...] = get_args(Fate)


@dataclass
class Tally:
    """Faults of one kind.

    Attributes:
        fault: the kind in words.
        survived: what was read afterwards is what was written.
        detected: it was refused with one sentence.
        lost: it could neither be read nor was refused with a sentence, or what had been finished had to be done again.
        wrong: something else was read, without a word.
        told: a sentence for each of the last two, to find it again.
    """

    fault: str
    survived: int = 0
    detected: int = 0
    lost: int = 0
    wrong: int = 0
    told: list[str] = field(default_factory=list)
    _begun: float = field(default_factory=time.perf_counter)

    @property
    def tried(self) -> int:
        """How many faults there were."""
        return self.survived + self.detected + self.lost + self.wrong

    def add(self, fate: Fate, what: str = "", count: int = 1) -> None:
        """Counts faults.

        Args:
            fate: what became of them.
            what: was done, to find one that was lost or is wrong.
            count: how many.
        """
        setattr(self, fate, getattr(self, fate) + count)
        if fate in ("lost", "wrong"):
            self.told.append(f"{self.fault}, {fate}: {what}")

    def merge(self, other: Tally) -> None:
        """Adds what another tally counted."""
        for fate in FATES:
            setattr(self, fate, getattr(self, fate) + getattr(other, fate))
        self.told += other.told

    def add_reading(self, read: Callable[[], object], written: object, what: str) -> None:
        """Counts one fault by what is read after it.

        Args:
            read: reads everything that may be damaged.
            written: what it gave before.
            what: was done.
        """
        try:
            found = read()
        except LongconError as error:
            # A user is told what, where, and what to do; anything else is a traceback.
            self.add("detected" if str(error).endswith(".") else "lost", f"{what}: {error}")
        except Exception as error:  # whatever a reader was not prepared for
            self.add("lost", f"{what}: {type(error).__name__}: {error}")
        else:
            self.add("survived" if found == written else "wrong", what)

    def line(self) -> str:
        """Returns the tally as one JSON object, with the seconds since it was begun."""
        counts = {name: getattr(self, name) for name in ("tried", *FATES)}
        return json.dumps({"fault": self.fault, **counts, "seconds": round(time.perf_counter() - self._begun, 1)})
