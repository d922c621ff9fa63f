"""The errors that a user can cause, each said in one sentence: what, where, what to do."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class LongconError(Exception):
    """A mistake in what the user gave; its text is one sentence and no traceback is shown with it."""


class CohortError(LongconError):
    """A cohort's files or values cannot be used."""


class ProblemError(LongconError):
    """A problem cannot be used: its file, its parts or its command."""


class RecipeError(LongconError):
    """A recipe holds a value that no training can have."""


class ProtocolError(LongconError):
    """An acceptance limit is outside the values that it may take."""


class DeviceError(LongconError):
    """A device or surrogate is unknown, or not to be had on this machine."""


class StoreError(LongconError):
    """A store cannot be read or written, or holds bytes that were altered."""


class ArchiveError(LongconError):
    """An archive of builds cannot be read or written, or is not as it was written."""


class SignatureError(LongconError):
    """A build cannot be signed, or its signature does not hold."""


class BuildError(LongconError):
    """A build could not be trained, or builds that cannot be compared were compared."""


class ArithmeticChangedError(BuildError):
    """A device does not compute as its fingerprint said when the build was asked for."""


class ProblemChangedError(BuildError):
    """A problem's code, or what it imports, is not that which the run began with."""


class ClusterError(LongconError):
    """A cluster cannot be reached or used, or one of its workers is not what it says."""


class RunEndedError(LongconError):
    """The run was ended before a build was trained; nothing is wrong with the build."""


class CutoffError(LongconError):
    """No cut-off meets the required precision on the hold-out."""


def reported_error(kind: str, text: str) -> LongconError:
    """Returns an error that another process told of, as the class that it had there.

    Args:
        kind: name of the class; a `BuildError` where it is none of these.
        text: of the error.
    """
    found = globals().get(kind)
    return found(text) if isinstance(found, type) and issubclass(found, LongconError) else BuildError(text)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Returns " - did you mean 'x'?" when one of ``known`` resembles ``name``, else an empty string."""
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f" - did you mean '{close[0]}'?" if close else ""
