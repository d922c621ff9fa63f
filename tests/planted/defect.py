"""A planted defect, and what the product was found to say of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from longcon.checks import Outcome
from longcon.errors import BuildError, CutoffError, LongconError, StoreError

if TYPE_CHECKING:
    from tests.planted.bench import Bench

NOTHING = "nothing"
# What catches a defect besides a requirement: each of these is said before, or after, requirements are decided.
OTHER_CATCHERS = ("store", "usage error", "verdict", "gate")
# What a machine's own round-off, or the place of a run, decides; all else of a message is tested to the letter.
_PLACEHOLDERS = {
    "number": r"-?[0-9][0-9,]*(\.[0-9]+)?(e[-+][0-9]+)?",
    "path": r"/\S+",
    "version": r"[0-9][0-9a-z.+]*",
    "key": r"[0-9a-f]{32}",
    "digest": r"[0-9a-f]{64}",
    "case": r"GSM[0-9]+",
    "class": r"GBM, (G34|MES|MID|MYCN|RTK I{1,3})",
    "table": r"(\n(?:and )?[0-9][^\n]*)+",
}


@dataclass(frozen=True)
class Found:
    """What a planted defect came to.

    Attributes:
        by: the requirement that caught it, or one of `OTHER_CATCHERS`; `NOTHING` where nothing did.
        told: everything that was said, one or more messages.
    """

    by: str
    told: tuple[str, ...]


@dataclass(frozen=True)
class Defect:
    """One thing made wrong, and what must catch it.

    Attributes:
        name: in a few words; the test's name.
        where: what is made wrong, in words.
        plant: plants it on a bench, goes the way that decides, and returns what was found.
        caught_by: a requirement's id, or one of `OTHER_CATCHERS`.
        message: to the letter; placeholders such as ``{number}`` stand for what the machine decides.
    """

    name: str
    where: str
    plant: Callable[[Bench], Found]
    caught_by: str
    message: str

    def told_in(self, told: tuple[str, ...]) -> bool:
        """Whether the message is among what was told."""
        pattern = re.escape(self.message)
        for name, regex in _PLACEHOLDERS.items():
            pattern = pattern.replace(re.escape("{" + name + "}"), f"(?:{regex})")
        return any(re.fullmatch(pattern, text) for text in told)


def decided(requirement: str, check: Callable[[], Outcome]) -> Found:
    """Returns what a check of a requirement finds; an outcome that passes on evidence finds nothing.

    One that passes on none is told as validation/ tells it.
    """
    try:
        outcome = check()
    except (BuildError, CutoffError) as error:
        return Found(requirement, (str(error),))
    except StoreError as error:
        return Found("store", (str(error),))
    assert outcome.requirement == requirement
    if outcome.ok and not outcome.evidence:
        shows = f"ineffective: {outcome.subject} changes no bit of the arithmetic, so it shows nothing"
        return Found(requirement, (shows,))
    return Found(NOTHING if outcome.ok else requirement, (outcome.message,))


def refused(call: Callable[[], object]) -> Found:
    """Returns what is said of something that must be refused before anything is decided on it."""
    try:
        call()
    except StoreError as error:
        return Found("store", (str(error),))
    except LongconError as error:
        return Found("usage error", (str(error),))
    return Found(NOTHING, ())
